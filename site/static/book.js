// Sphinx's search fetches each page it finds to show an excerpt. Browsers forbid that for files opened from a disk:
// there, list the titles only.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// Boxes that are wider or higher than they may be scroll. Those that do need a place in the Tab order, a name, and a
// sign at the edge where they are cut (`data-cut`, drawn by book.css); the others must have none of it.
{
  const BOXES = "div.math .katex-display, span.math, table.chain td:nth-child(2), .erratum-formula, code.ledger-tex, " +
    "table.notation td:first-child, div.highlight pre, .cell_output .output, .pst-scrollable-table-container";

  const PAPER = 540; // pixels for a line of a derivation on A4 or Letter
  const SLACK = 4; // pixels by which a subscript overhangs its box without being cut

  function markEdges(box) {
    const left = box.scrollLeft > 1 ? "left" : "";
    const right = box.scrollLeft + box.clientWidth < box.scrollWidth - 1 ? "right" : "";
    box.dataset.cut = `${left} ${right}`.trim();
  }

  function markBoxes(boxes) {
    // All is measured before anything is changed: one layout, not one for each box.
    const scrolling = boxes.map((box) => {
      if (!box.isConnected) {
        return false; // replaced since, as the ledger's formulas are once they are set
      }
      if (box.parentElement.closest("span.math, .erratum-formula, table.chain td") && box.matches("span.math")) {
        return false; // the box around it scrolls
      }
      return box.scrollWidth > box.clientWidth + SLACK || (box.scrollHeight > box.clientHeight + SLACK &&
        /auto|scroll/.test(getComputedStyle(box).overflowY));
    });
    boxes.forEach((box, k) => {
      if (!scrolling[k]) {
        if ("cut" in box.dataset) {
          for (const name of ["data-cut", "tabindex", "role", "aria-label", "title"]) box.removeAttribute(name);
          box.removeEventListener("scroll", box.onCut);
          box.style.removeProperty("--paper");
        }
        return;
      }
      if (!("cut" in box.dataset)) {
        box.tabIndex = 0;
        if (box.matches("td")) {
          box.title = "Scrolls sideways"; // a cell stays a cell: its content is its name
        } else {
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", box.matches("pre, .output") ? "Code or output, scrolls" : "Formula, scrolls");
        }
        box.onCut = () => markEdges(box);
        box.addEventListener("scroll", box.onCut, { passive: true });
      }
      markEdges(box);
      // Paper does not scroll. KaTeX lets a formula break between its `.base`s: if one is too wide, book.css shrinks it.
      const widest = Math.max(...Array.from(box.querySelectorAll(".base"), (base) => base.offsetWidth), 1);
      box.style.setProperty("--paper", Math.min(1, Math.max(0.4, PAPER / widest)).toFixed(2));
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    // Told of each box at first, and whenever one changes its size: a window turned, a fold opened, a formula set.
    const watch = new ResizeObserver((entries) => markBoxes(entries.map((entry) => entry.target)));
    document.querySelectorAll(BOXES).forEach((box) => watch.observe(box));
  });
}
