// A sound's length shows on its player, so its head is needed before it plays: fetched as the player comes near.
const near = new IntersectionObserver(entries => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) {
      target.preload = "metadata";
      near.unobserve(target);
    }
  }
}, { rootMargin: "600px" });
document.querySelectorAll("audio[preload=none]").forEach(sound => near.observe(sound));
