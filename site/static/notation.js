// The search field of the notation page: it hides the rows that do not hold what was typed. A row's text holds the
// letter, its TeX, the Python name, the meaning and the chapters, so that "λ", "lambda" and "rate" all find a rate.
document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("table.notation");
  if (!first) {
    return;
  }
  const label = document.createElement("label");
  label.className = "notation-filter";
  label.append("Show the rows that hold ");
  const field = document.createElement("input");
  field.type = "text";
  field.placeholder = "λ, lambda, a word, a chapter";
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  label.append(field, count);
  first.closest("section").before(label);
  const rows = [...document.querySelectorAll("table.notation tbody tr")];
  const texts = rows.map((row) => {
    const tex = [...row.querySelectorAll("[aria-label]")].map((formula) => formula.ariaLabel);
    return [row.textContent, ...tex].join(" ").toLowerCase();
  });
  const sections = [...document.querySelectorAll("section:has(table.notation)")];
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, k) => {
      row.hidden = !words.every((word) => texts[k].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    document.querySelectorAll("table.notation").forEach((table) => {
      table.closest(".pst-scrollable-table-container, table").hidden = !table.querySelector("tbody tr:not([hidden])");
    });
    for (const section of sections) {
      section.hidden = section.id !== document.querySelector("article section").id && !section.querySelector("tbody tr:not([hidden])");
    }
    count.textContent = words.length ? ` ${shown} of ${rows.length} rows` : "";
  });
});
