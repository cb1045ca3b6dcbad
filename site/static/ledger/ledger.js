// The ledger page: sets the formulas that come into view, searches and filters the rows, keeps both in the address.
document.addEventListener("DOMContentLoaded", () => {
  const ledger = document.querySelector(".ledger");
  const form = ledger.querySelector("form");
  const status = ledger.querySelector(".ledger-count");
  const empty = ledger.querySelector(".ledger-empty");
  const options = JSON.parse(ledger.dataset.katex);
  const fields = ["find", "chapter", "verdict", "kind"];

  // Formulas. KaTeX leaves a faulty one to us: the LaTeX stays, marked with what is wrong.
  const unset = new Set(ledger.querySelectorAll("code.ledger-tex"));
  let faults = 0;
  const set = (code) => {
    if (!unset.delete(code)) return;
    watch.unobserve(code);
    const box = document.createElement("div");
    box.className = "ledger-math";
    try {
      box.innerHTML = katex.renderToString(code.textContent, options);
      code.replaceWith(box);
    } catch (error) {
      faults += 1;
      code.classList.add("katex-error");
      code.title = error.message;
    }
  };
  const watch = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => set(entry.target)),
    { rootMargin: "800px 0px" },
  );
  const setAll = () => {
    [...unset].forEach(set);
    return faults;
  };

  // Rows. What is searched is read before any formula is set: text and LaTeX, accents taken away.
  const plain = (text) => text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
  const rows = [...ledger.querySelectorAll(".ledger-rows > li")].map((item) => ({
    item,
    chapter: item.closest("section").dataset.chapter,
    kind: item.dataset.kind,
    verdicts: item.dataset.verdict.split(" "),
    text: plain(item.textContent),
  }));
  const filter = () => {
    const [find, chapter, verdict, kind] = fields.map((name) => form.elements[name].value);
    const words = plain(find).split(/\s+/);
    let count = 0;
    for (const row of rows) {
      const shown =
        (!chapter || row.chapter === chapter) &&
        (!verdict || row.verdicts.includes(verdict)) &&
        (!kind || row.kind === kind) &&
        words.every((word) => row.text.includes(word));
      row.item.hidden = !shown;
      count += shown;
    }
    for (const section of ledger.querySelectorAll("section")) {
      section.hidden = !section.querySelector("li:not([hidden])");
    }
    status.textContent = count === rows.length ? `${count} claims` : `${count} of ${rows.length} claims`;
    empty.hidden = count > 0;
  };

  // The address: ?find=…&chapter=… gives the filter, #row-… the row that is meant. (At ?q=… Sphinx's own search starts.)
  const remember = () => {
    const query = new URLSearchParams(
      fields.map((name) => [name, form.elements[name].value.trim()]).filter(([, value]) => value),
    );
    history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
  };
  const recall = () => {
    const query = new URLSearchParams(location.search);
    for (const name of fields) {
      form.elements[name].value = query.get(name) ?? "";
      if (form.elements[name].selectedIndex === -1) form.elements[name].value = ""; // no such chapter, verdict, kind
    }
    filter();
  };
  const showTarget = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row || !ledger.contains(row)) return;
    if (row.closest("[hidden]")) {
      fields.forEach((name) => (form.elements[name].value = ""));
      filter();
      history.replaceState(null, "", location.pathname + location.hash);
    }
    row.scrollIntoView();
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    filter();
    remember();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    fields.forEach((name) => (form.elements[name].value = ""));
    filter();
    remember();
    form.elements.find.focus();
  });
  window.addEventListener("hashchange", showTarget);
  window.addEventListener("beforeprint", setAll);

  form.hidden = false;
  ledger.querySelector(".ledger-plain").hidden = true;
  recall();
  unset.forEach((code) => watch.observe(code));
  if (location.hash) showTarget();
  else if (rows.some((row) => row.item.hidden)) form.scrollIntoView();
  window.ledgerPage = { setAll }; // for the tests: sets every formula, returns how many are faulty
});
