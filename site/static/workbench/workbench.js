// The workbench: the book's checker, run by Pyodide in a worker of this page. Nothing is fetched; see workbench_page.py.

// What the worker does. It is made from this function's text, so it may use nothing from outside.
const workbenchWorker = () => {
  let python;
  const start = async (parts) => {
    const text = (name) => new TextDecoder().decode(parts[name]);
    // A page from file:// may start no module worker, and Pyodide refuses a classic one: it tells them apart by this.
    self.importScripts = undefined;
    // Pyodide fetches its files by name; it is handed them, and any other request fails here.
    self.fetch = async (address) => {
      const name = String(address).split("/").pop();
      if (!(name in parts)) throw new Error(`the workbench has no file ${name} and asks no network for it`);
      const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
      return new Response(parts[name], { headers: { "Content-Type": type } });
    };
    const module = (name) => import(URL.createObjectURL(new Blob([parts[name]], { type: "text/javascript" })));
    postMessage({ state: "Starting Python …" });
    const { loadPyodide } = await module("pyodide.mjs");
    const { default: createPyodideModule } = await module("pyodide.asm.mjs");
    python = await loadPyodide({
      createPyodideModule,
      indexURL: "https://runtime.invalid/", // a name for the files above; no such address exists
      lockFileContents: JSON.parse(text("lock.json")),
    });
    postMessage({ state: "Importing SymPy …" });
    const extractDir = python.runPython("import site; site.getsitepackages()[0]");
    for (const name of ["libraries.zip", "book.zip"]) python.unpackArchive(parts[name], "zip", { extractDir });
    python.runPython("from utils.workbench import answer");
    postMessage({ ready: true });
  };
  self.onmessage = async ({ data }) => {
    try {
      if (data.parts) await start(data.parts);
      else postMessage({ answer: JSON.parse(python.globals.get("answer")(data.request)) });
    } catch (error) {
      postMessage({ fault: String(error.message || error) });
    }
  };
};

document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".workbench");
  if (!root) return;
  const find = (name) => root.querySelector(name);
  const form = find("form");
  const [status, answer, chain] = [find(".wb-status"), find(".wb-answer"), find(".wb-chain")];
  const [check, stop, load] = [find(".wb-check"), find(".wb-stop"), find(".wb-load")];
  const katexOptions = JSON.parse(root.dataset.katex);
  const sizes = JSON.parse(root.dataset.parts);
  const script = [...document.scripts].find((s) => s.src.includes("/workbench/workbench.js")).src;
  const beside = (name) => new URL(name, script).href;
  const fields = ["left", "relation", "right", "variable", "symbols", "where"];
  find(".wb-plain").remove();
  form.hidden = false;
  const missing = Object.keys(sizes).length === 0;
  for (const button of [check, load]) button.disabled = missing;
  load.hidden = missing;
  const say = (words) => {
    status.textContent = words;
  };
  const element = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });

  // Scripts that hand something over.
  const scripts = new Map();
  const include = (name) => {
    if (!scripts.has(name)) {
      const loaded = new Promise((resolve, reject) => {
        const tag = document.createElement("script");
        tag.src = beside(name);
        tag.onload = resolve;
        tag.onerror = () => reject(new Error(`the site's file ${name} could not be loaded: build the book again`));
        document.head.append(tag);
      });
      loaded.catch(() => scripts.delete(name));
      scripts.set(name, loaded);
    }
    return scripts.get(name);
  };
  const packed = {};
  window.workbenchPart = (name, text) => {
    packed[name] = text;
  };
  let claims = {};
  window.workbenchClaims = (all) => {
    claims = all;
  };

  // The runtime: read once, kept in memory, given to each worker.
  const megabytes = (count) => (count / 1e6).toFixed(1);
  let parts; // the files, once read
  let reading; // a promise of them
  const read = async () => {
    const total = Object.values(sizes).reduce((a, b) => a + b, 0);
    const found = {};
    let done = 0;
    for (const [file, size] of Object.entries(sizes)) {
      say(`Loading the checker: ${megabytes(done)} of ${megabytes(total)} MB …`);
      await include(file);
      const name = file.replace(/\.js$/, "");
      const bytes = Uint8Array.from(atob(packed[name]), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      found[name] = new Uint8Array(await new Response(stream).arrayBuffer());
      delete packed[name];
      done += size;
    }
    parts = found;
  };
  const readOnce = () => {
    reading ??= read().catch((error) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };

  let worker; // the one that runs
  let ready; // a promise that it has started
  let waiting; // {resolve, reject} of the check under way
  let ended = ""; // how the last check ended, while the next worker starts
  let stops = 0; // a start that was stopped meanwhile must not go on
  const startWorker = async () => {
    const before = stops;
    await readOnce();
    if (stops !== before) throw new Error("Stopped.");
    const source = new Blob([`(${workbenchWorker})()`], { type: "text/javascript" });
    const address = URL.createObjectURL(source);
    worker = new Worker(address);
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.state) say(`${ended} ${data.state}`.trim());
        else if (data.ready) resolve();
        else if (data.answer) waiting?.resolve(data.answer);
        else (waiting ?? { reject }).reject(new Error(data.fault));
      };
      worker.onerror = (event) => reject(new Error(event.message || "the browser refused to start the checker"));
      worker.postMessage({ parts });
    });
    URL.revokeObjectURL(address);
  };
  const start = () => {
    load.hidden = true;
    if (!ready) {
      const started = startWorker();
      ready = started;
      started.catch(() => {
        if (ready === started) ready = undefined;
        load.hidden = Boolean(ready);
      });
    }
    return ready;
  };
  const kill = () => {
    stops += 1;
    worker?.terminate();
    worker = ready = waiting = undefined;
  };

  // The form.
  const addStep = (term = "", reason = "") => {
    const item = element("li", "wb-step");
    for (const [name, value, label] of [
      ["term", term, "Term"],
      ["reason", reason, "Reason"],
    ]) {
      const box = element("label", `wb-${name}`, label);
      const input = element(name === "term" ? "textarea" : "input", "");
      Object.assign(input, { name, value, spellcheck: false, autocomplete: "off", autocapitalize: "off" });
      if (name === "term") input.rows = 1;
      box.append(input);
      item.append(box);
    }
    const remove = element("button", "wb-remove", "Remove");
    remove.type = "button";
    remove.onclick = () => {
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      number();
      (next ? next.querySelector(".wb-remove") : find(".wb-add")).focus();
    };
    item.append(remove, element("span", "wb-error"));
    chain.append(item);
    number();
    return item;
  };
  const number = () =>
    [...chain.children].forEach((item, k) => {
      const error = item.querySelector(".wb-error");
      error.id = `wb-chain-${k + 1}-error`;
      for (const input of item.querySelectorAll("[name]")) {
        input.setAttribute("aria-label", `${input.name === "term" ? "Term" : "Reason"} of step ${k + 1}`);
        input.setAttribute("aria-describedby", error.id);
      }
      item.querySelector(".wb-remove").setAttribute("aria-label", `Remove step ${k + 1}`);
    });
  find(".wb-add").onclick = () => addStep().querySelector("textarea").focus();
  const showVariable = () => {
    find(".wb-variable").hidden = form.elements.relation.value !== "∝";
  };
  form.elements.relation.onchange = showVariable;
  const fill = (request) => {
    for (const name of fields) form.elements[name].value = request[name] ?? (name === "relation" ? "=" : "");
    chain.replaceChildren();
    for (const { term, reason } of request.chain ?? []) addStep(term, reason);
    showVariable();
    clearErrors();
    answer.hidden = true;
  };
  const request = () => {
    const asked = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
    if (asked.relation !== "∝") delete asked.variable;
    const steps = [...chain.children].map((item) => ({
      term: item.querySelector("[name=term]").value,
      reason: item.querySelector("[name=reason]").value,
    }));
    return steps.length ? { ...asked, chain: steps } : asked;
  };

  const clearErrors = () => {
    for (const error of root.querySelectorAll(".wb-error")) error.textContent = "";
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  };
  // A mistake is shown at the field that it concerns; an unknown field's stands with the left side.
  const showProblem = ({ field, message }) => {
    const step = /^chain (\d+)$/.exec(field);
    const item = step && chain.children[step[1] - 1];
    const input = item ? item.querySelector("[name=term]") : (form.elements[field] ?? form.elements.left);
    const error = item ? item.querySelector(".wb-error") : document.getElementById(`wb-${input.name}-error`);
    error.textContent = message;
    input.setAttribute("aria-invalid", "true");
    input.focus();
    say(`Not checked. ${message}`);
  };

  // The answer.
  const words = { proved: "Proved", refuted: "Refuted", undecided: "Undecided", mistake: "Not checked" };
  const typeset = (box, latex) => {
    box.replaceChildren();
    try {
      box.innerHTML = katex.renderToString(latex, katexOptions);
    } catch {
      box.append(element("code", "", latex));
    }
  };
  const verdict = (name) => {
    const look = { undecided: "open", mistake: "open" }[name] ?? name;
    return element("b", `verdict verdict-${look}`, words[name].toLowerCase());
  };
  const without = (name, how = "") => (how.startsWith(name) ? how.slice(name.length).replace(/^[, ]+/, "") : how);
  const line = (name, how) => {
    const paragraph = element("p", "claim-verdict");
    paragraph.append(verdict(name), ` ${without(name, how)}`);
    return paragraph;
  };
  const showMutants = (counts) => {
    if (!counts?.applied) return;
    const { applied, rejected, survivors = [] } = counts;
    const aside = ["equivalent", "undefined", "untried"].filter((name) => counts[name]);
    const rest = aside.length ? `; set aside: ${aside.map((name) => `${counts[name]} ${name}`).join(", ")}` : "";
    const told = `Mutants: ${rejected} of ${applied} misprints of the right side told apart from it${rest}.`;
    const box = [element("p", "", told)];
    if (survivors.length) {
      const list = element("ul", "");
      list.append(...survivors.map((text) => element("li", "", text)));
      box.push(element("p", "", "Not told apart:"), list);
    }
    find(".wb-mutants").replaceChildren(...box);
  };
  let latex = "";
  const show = async (found) => {
    answer.hidden = true;
    if (found.problem) {
      showProblem(found.problem);
      return;
    }
    await include("../ledger/katex.min.js");
    latex = found.latex;
    typeset(find(".wb-formula"), latex);
    find(".wb-verdict").replaceChildren(line(found.verdict, found.how));
    find(".wb-links").replaceChildren(
      ...(found.links ?? []).map((link) => {
        const item = element("li", `wb-link wb-link-${link.verdict}`);
        const formula = element("div", "wb-formula");
        typeset(formula, `${link.relation ?? "="} ${link.latex}`);
        item.append(formula, line(link.verdict, [without(link.verdict, link.how), link.reason].filter(Boolean).join(" · ")));
        return item;
      }),
    );
    find(".wb-mutants").replaceChildren();
    find(".wb-copied").textContent = "";
    answer.hidden = false;
    const broken = (found.links ?? []).flatMap((link, k) => (link.verdict === "refuted" ? [k + 1] : []));
    const wrong = broken.length ? ` Wrong: link${broken.length > 1 ? "s" : ""} ${broken.join(" and ")}.` : "";
    const how = without(found.verdict, found.how);
    say(`${words[found.verdict]}.${wrong} ${how.charAt(0).toUpperCase()}${how.slice(1)}.`);
  };

  let busy = false;
  const run = async () => {
    if (busy || missing) return;
    busy = true;
    ended = "";
    check.disabled = true;
    stop.disabled = false;
    clearErrors();
    answer.hidden = true;
    const asked = request();
    let clock;
    let ticking;
    let task = "Checking";
    let verdictWords = ""; // once there is a verdict, it stands
    const stopped = new Promise((_, reject) => {
      stop.onclick = () => reject(new Error("Stopped."));
    });
    try {
      await Promise.race([start(), stopped]);
      const seconds = Math.max(1, Number(find(".wb-limit").value) || 30);
      const begun = performance.now();
      say(`${task} …`);
      ticking = setInterval(() => say(`${task} … ${Math.round((performance.now() - begun) / 1000)} s`), 5000);
      const late = new Promise((_, reject) => {
        clock = setTimeout(() => {
          const hint = verdictWords ? "the misprints were not finished" : "that is no verdict";
          reject(new Error(`Gave up after ${seconds} s: ${hint}. Give it more time, or split it into steps.`));
        }, seconds * 1000);
      });
      const ask = (question) => {
        const result = new Promise((resolve, reject) => {
          waiting = { resolve, reject };
          worker.postMessage({ request: JSON.stringify(question) });
        });
        return Promise.race([result, stopped, late]);
      };
      // The verdict first: the misprints may take much longer than the statement itself.
      const found = await ask({ ...asked, mutants: false });
      await show(found);
      if (!found.problem) {
        verdictWords = `${status.textContent} `;
        task = `${verdictWords}Trying misprints`;
        say(`${task} …`);
        showMutants((await ask(asked)).mutants);
        say(verdictWords.trim());
      }
    } catch (error) {
      waiting = undefined;
      kill();
      ended = verdictWords + error.message;
      say(ended);
      const said = `${ended} The checker is ready again.`;
      const started = parts && start();
      started?.then(() => ready === started && !busy && say(said), (fault) => say(fault.message));
    } finally {
      clearTimeout(clock);
      clearInterval(ticking);
      busy = false;
      check.disabled = false;
      stop.disabled = true;
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    run();
  };
  form.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  };
  load.onclick = () => start().then(() => say("The checker is ready."), (error) => say(error.message));

  // Examples, and addresses: #claim=LABEL, or the whole request.
  const open = async (label) => {
    try {
      await include("claims.js");
    } catch (error) {
      say(error.message);
      return;
    }
    if (!claims[label]) say(`The workbench cannot state a claim named ${label}.`);
    else {
      fill(claims[label]);
      say(`Filled in: ${label}. Press Check.`);
    }
  };
  find("#wb-example").onchange = (event) => {
    if (event.target.value) location.hash = `claim=${encodeURIComponent(event.target.value)}`;
  };
  const follow = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has("claim")) open(asked.get("claim"));
    else if (asked.has("check")) {
      try {
        fill(JSON.parse(asked.get("check")));
      } catch {
        say("The address holds no statement that can be read: it may have been cut off.");
      }
    }
  };
  const copy = async (text, what) => {
    const copied = find(".wb-copied");
    try {
      await navigator.clipboard.writeText(text);
      copied.textContent = `${what} copied.`;
    } catch {
      copied.textContent = `The browser does not let this page copy; here it is: ${text}`;
    }
  };
  find(".wb-copy-latex").onclick = () => copy(latex, "LaTeX");
  find(".wb-copy-link").onclick = () => {
    const hash = new URLSearchParams({ check: JSON.stringify(request()) });
    copy(new URL(`#${hash}`, location.href).href, "Link");
  };
  addEventListener("hashchange", follow);
  follow();
});
