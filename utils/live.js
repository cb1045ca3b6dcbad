// Draws a live figure again when one of its sliders moves. `figures.live` inlines this file and calls liveFigure;
// what it draws at the start is what Python drew: ticks, yRange and path are the same rules in both languages.

function liveFigure({ id, points, xRange, fixedY, box, curves, markers }) {
  const LARGEST = 9999; // px: a curve that leaves the plot is clipped, but renderers choke on huge numbers

  const round = (px) => Math.floor(Math.max(-LARGEST, Math.min(LARGEST, px)) * 10 + 0.5) / 10;
  const toX = (x) => box.left + ((x - xRange[0]) / (xRange[1] - xRange[0])) * (box.right - box.left);
  const toY = (y, [low, high]) => box.bottom - ((y - low) / (high - low)) * (box.bottom - box.top);

  // Step of 1, 2 or 5 times a power of ten that cuts the range into about five.
  function step(low, high) {
    const exponent = Math.floor(Math.log10((high - low) / 5));
    const ratio = (high - low) / 5 / Math.pow(10, exponent);
    return { exponent, mantissa: ratio < 1.4 ? 1 : ratio < 3.1 ? 2 : ratio < 7 ? 5 : 10 };
  }

  function ticks([low, high]) {
    const { exponent, mantissa } = step(low, high);
    const size = mantissa * Math.pow(10, exponent);
    const found = [];
    for (let k = Math.ceil(low / size - 1e-9); k <= Math.floor(high / size + 1e-9); k++) {
      const fixed = (k * size).toFixed(Math.max(0, mantissa === 10 ? -exponent - 1 : -exponent));
      const text = Math.abs(exponent) <= 4 || k === 0 ? fixed : `${k * mantissa}e${exponent}`;
      found.push([k * size, k === 0 ? "0" : text.replaceAll("-", "\u2212")]);
    }
    return found;
  }

  // The range of the finite values, out to whole ticks; from zero if they come near it.
  function yRange(values) {
    const finite = values.filter(Number.isFinite);
    if (finite.length === 0) return [0, 1];
    let low = finite.reduce((a, b) => Math.min(a, b));
    let high = finite.reduce((a, b) => Math.max(a, b));
    if (low > 0 && low < high / 2) low = 0;
    if (high < 0 && high > low / 2) high = 0;
    if (high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) {
      const margin = Math.abs(low) / 2 || 1;
      low -= margin;
      high += margin;
    }
    const { exponent, mantissa } = step(low, high);
    const size = mantissa * Math.pow(10, exponent);
    return [Math.floor(low / size + 1e-9) * size, Math.ceil(high / size - 1e-9) * size];
  }

  // A new subpath starts after each value that is not a number.
  function path(x, y, range) {
    let broken = true;
    return x.map((value, i) => {
      if (!Number.isFinite(y[i])) { broken = true; return ""; }
      const pen = broken ? "M" : "L";
      broken = false;
      return `${pen}${round(toX(value))} ${round(toY(y[i], range))}`;
    }).join("");
  }

  function bind(figure) {
    const inputs = [...figure.querySelectorAll("input")];
    const outputs = [...figure.querySelectorAll("output")];
    const paths = [...figure.querySelectorAll("path[data-curve]")];
    const lines = [...figure.querySelectorAll("line[data-marker]")];
    const grid = figure.querySelector("[data-axis=y]");
    const [tickGroup] = grid.children;
    const x = Array.from({ length: points }, (_, i) => xRange[0] + ((xRange[1] - xRange[0]) * i) / (points - 1));

    function redraw() {
      const values = inputs.map((input) => input.valueAsNumber);
      const heights = curves.map(([, f]) => x.map((t) => f(t, ...values)));
      const range = fixedY ?? yRange(heights.flat());
      grid.replaceChildren(...ticks(range).map(([value, text]) => {
        const tick = tickGroup.cloneNode(true);
        tick.setAttribute("transform", `translate(0 ${round(toY(value, range))})`);
        tick.querySelector("text").textContent = text;
        return tick;
      }));
      paths.forEach((element, k) => element.setAttribute("d", path(x, heights[k], range)));
      const places = markers.map(([, f]) => f(...values));
      lines.forEach((line, k) => {
        const shown = places[k] >= xRange[0] && places[k] <= xRange[1];
        line.setAttribute("visibility", shown ? "visible" : "hidden");
        line.setAttribute("transform", `translate(${shown ? round(toX(places[k])) : 0} 0)`);
      });
      outputs.forEach((output, k) => {
        output.textContent = values[k].toFixed(output.dataset.digits).replace("-", "\u2212");
      });
      figure.liveData = {
        values, xRange, yRange: range, box,
        curves: Object.fromEntries(curves.map(([label], k) => [label, { x, y: heights[k] }])),
        markers: Object.fromEntries(markers.map(([label], k) => [label, places[k]])),
      };
    }

    inputs.forEach((input) => input.addEventListener("input", redraw));
    figure.querySelector("[data-controls]").hidden = false;
    redraw();
  }

  // By id, not document.currentScript: JupyterLab runs the script later, and may show one output twice.
  document.querySelectorAll(`figure[id="${id}"]`).forEach((figure) => figure.liveData ?? bind(figure));
}
