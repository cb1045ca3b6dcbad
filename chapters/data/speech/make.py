"""Makes the recordings beside this file: ten digits in three voices, from Debian's packages of prompts for Asterisk.

    apt-get download asterisk-core-sounds-en-wav asterisk-core-sounds-fr-wav asterisk-core-sounds-it-wav
    for f in asterisk-core-sounds-*.deb; do dpkg -x $f unpacked; done
    python chapters/data/speech/make.py unpacked

from the book's folder; the packages are version 1.6.1-1. The samples are those of the packages, bit for bit (8000 a
second, 16 bit, one channel): they are only packed, as FLAC without padding. soundfile 0.14.0 with libsndfile 1.2.2
made the files in Git; another version may pack them in other bytes, and utils/data.py checks the samples, not those.
"""

import sys
from pathlib import Path

import soundfile

FOLDER = Path(__file__).parent
VOICES = {"en": "en_US_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo"}
DIGITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)


def make(unpacked: Path, target: Path) -> None:
    """Write target/en-zero.flac and 29 more from the packages' files."""
    for voice, name in VOICES.items():
        for number, digit in enumerate(DIGITS):
            source = unpacked / f"usr/share/asterisk/sounds/{name}/digits/{number}.wav"
            samples, rate = soundfile.read(source, dtype="int16")
            soundfile.write(
                target / f"{voice}-{digit}.flac",
                samples,
                rate,
                subtype="PCM_16",
                compression_level=1.0,
            )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make(Path(sys.argv[1]), FOLDER)
