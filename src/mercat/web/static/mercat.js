// The whole browser side. No dependencies. Every page works without it: links, GET filters and POST forms.
//
//   data-swap="#a,#b"   on <a> or <form>: fetch the target page and replace only those ids; GETs go into the URL
//   data-live="topic"   anywhere: one EventSource for the page; the server sends ready HTML, matched by id
//   data-index          on a table: J/K, X, Enter, A/H/R, shift-click ranges
//   data-key="a"        on a button: the key that presses it, of a table's selection or of the data-keys that has the focus
//   data-menu           on <details>: one open at a time, closed by Escape and by a click elsewhere
//   data-tail           log that stays at the end until you scroll up
//   data-chart          crosshair with mouse, touch and arrow keys, series on and off
//   data-dirty          form that warns before it is left with changes, with its save bar
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];
const on = (type, fn, opt) => document.addEventListener(type, fn, opt);
const typing = (e) => e.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const root = document.documentElement;

/* ---------- toast ---------- */
function toast({ text, undo }) {
  const el = Object.assign(document.createElement("div"), { className: "toast" });
  el.append(text);
  if (undo) {
    const form = Object.assign(document.createElement("form"), { method: "post", action: undo });
    form.append(Object.assign(document.createElement("button"), { textContent: "Undo" }));
    el.append(form);
  }
  $("#toasts").append(el);
  fade(el, undo);
}
function fade(el, long) { setTimeout(() => el.remove(), long ? 8000 : 4000); }
const said = (r) => r.headers.get("X-Toast") && toast(JSON.parse(decodeURIComponent(r.headers.get("X-Toast"))));

/* ---------- swap ---------- */
let inflight;
async function swap(url, ids, { method = "GET", body, push = true } = {}) {
  inflight?.abort();
  inflight = new AbortController();
  const targets = ids.split(",").map((s) => s.trim()).filter(Boolean);
  targets.forEach((s) => $(s)?.setAttribute("aria-busy", "true"));
  try {
    const r = await fetch(url, { method, body, signal: inflight.signal, headers: { "X-Swap": ids } });
    if (r.headers.get("X-Go")) return void (location.href = r.headers.get("X-Go"));
    if (!r.ok && r.status !== 422) throw new Error(decodeURIComponent(r.headers.get("X-Detail") || `${r.status} ${r.statusText}`));
    said(r);
    if (r.status === 204) return targets.forEach((s) => $(s)?.removeAttribute("aria-busy"));
    const doc = new DOMParser().parseFromString(await r.text(), "text/html");
    // A form that led to another page: go there.
    if (method !== "GET" && r.redirected && new URL(r.url).pathname !== location.pathname) return void (location.href = r.url);
    const focus = document.activeElement?.id, at = placeOf(document.activeElement);
    for (const s of targets) {
      const now = $(s), next = $(s, doc);
      if (now && next) now.replaceWith(document.adoptNode(next));
      else now?.removeAttribute("aria-busy");
    }
    if (doc.title && !$("#palette[open]")) document.title = doc.title;
    if (focus && document.activeElement === document.body) document.getElementById(focus)?.focus({ preventScroll: true });
    if (at >= 0 && document.activeElement === document.body) { const left = rows($("[data-index]") || root); go(left[Math.min(at, left.length - 1)]); }
    if (push && method === "GET" && !$("#palette[open]")) history.pushState({ ids }, "", r.url);
    targets.forEach((s) => $(s) && init($(s)));
  } catch (e) {
    if (e.name === "AbortError") return;
    targets.forEach((s) => $(s)?.removeAttribute("aria-busy"));
    toast({ text: `That did not work: ${e.message}` });
  }
}
on("click", (e) => {
  const a = e.target.closest("a[data-swap]");
  if (a && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); swap(a.href, a.dataset.swap); }
});
on("submit", (e) => {
  const f = e.target.closest("form[data-swap]");
  if (!f || e.submitter?.dataset.whole !== undefined) return;
  e.preventDefault();
  clearTimeout(wait);
  const data = new FormData(f, e.submitter), by = e.submitter;
  const action = by?.hasAttribute("formaction") ? by.formAction : f.action;
  if (f.method === "post") return void swap(action, f.dataset.swap, { method: "POST", body: new URLSearchParams(data) });
  for (const [k, v] of [...data]) if (!v) data.delete(k);           // an empty filter leaves no trace in the URL
  swap(`${action.split("?")[0]}?${new URLSearchParams(data)}`.replace(/\?$/, ""), f.dataset.swap);
});
let wait;
on("input", (e) => {
  const f = e.target.closest("form[data-swap][method=get]");
  if (f) { clearTimeout(wait); wait = setTimeout(() => f.requestSubmit(), 250); }
});
// What was typed belongs to the address that is gone back from; the server says what the form holds now.
addEventListener("popstate", () => location.reload());

/* ---------- live ---------- */
function live() {
  const topics = [...new Set($$("[data-live]").map((n) => n.dataset.live))];
  // A browser keeps few connections to one host, so a page that nobody sees gives its own up, and looks anew when it is seen.
  if (!topics.length || document.hidden) return void (topics.length && on("visibilitychange", live, { once: true }));
  const es = new EventSource(`/live?topics=${topics}`);            // reconnects by itself; the server honours Last-Event-ID
  es.onmessage = (m) => {
    for (const next of [...new DOMParser().parseFromString(m.data, "text/html").body.children]) {
      const now = document.getElementById(next.id);
      if (!now) continue;
      if (next.dataset.mode === "append") { now.append(...next.childNodes); tail(now); }
      else if (next.tagName === "PROGRESS") now.value = next.value;   // keeps the CSS transition
      else now.replaceWith(document.adoptNode(next));
    }
  };
  addEventListener("pagehide", () => es.close());
  on("visibilitychange", () => { if (!document.hidden) return; es.close(); on("visibilitychange", live, { once: true }); }, { once: true });
}
function tail(el) { if (el.dataset.tail !== undefined && !el.dataset.held) el.scrollTop = el.scrollHeight; }
on("scroll", (e) => { const t = e.target; if (t.dataset?.tail !== undefined) t.dataset.held = t.scrollHeight - t.scrollTop - t.clientHeight > 24 ? "1" : ""; }, true);

/* ---------- index table ---------- */
const rows = (t) => $$("tbody > tr[tabindex]", t);
const placeOf = (el) => { const row = el?.closest("[data-index] tbody > tr[tabindex]"); return row ? rows(row.closest("table")).indexOf(row) : -1; };
function go(row) {
  if (!row) return;
  rows(row.closest("table")).forEach((r) => { r.tabIndex = r === row ? 0 : -1; r.classList.toggle("at", r === row); });
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
const boxes = (t) => $$("td.sel input[type=checkbox]", t);
function pick(box, state) {
  box.checked = state;
  box.closest("tr").setAttribute("aria-selected", state);
  counted(box.closest("table"));
}
function counted(t) {
  const n = boxes(t).filter((b) => b.checked).length, all = $("[data-all]", t), bar = $("[data-bulkbar]");
  if (bar) { bar.toggleAttribute("data-bulk", n > 0); const c = $("[data-sel]", bar); if (c) c.textContent = n; }
  if (all) { all.checked = n && n === boxes(t).length; all.indeterminate = n && !all.checked; }
}
on("click", (e) => {
  const all = e.target.closest("[data-all]");
  if (all) { const state = all.checked; return boxes(all.closest("table")).forEach((c) => pick(c, state)); }
  const box = e.target.closest("td.sel input[type=checkbox]");
  if (box) {
    const t = box.closest("table"), list = boxes(t), i = list.indexOf(box), from = list.indexOf(t.lastPick);
    if (e.shiftKey && from >= 0) { const state = box.checked; list.slice(Math.min(i, from), Math.max(i, from) + 1).forEach((c) => pick(c, state)); }
    pick(box, box.checked);
    t.lastPick = box;
    return;
  }
  const exp = e.target.closest(".exp");
  if (exp) return expand(e, exp);
  const row = e.target.closest("[data-index] tbody > tr[tabindex]");
  if (row && !e.target.closest("a,button,input,summary,label")) go(row);
});
async function expand(e, b) {                                        // a link without script; with it, a row below this one
  e.preventDefault();
  const row = b.closest("tr"), id = `${row.id}-d`, open = b.getAttribute("aria-expanded") !== "true";
  let d = document.getElementById(id);
  if (open && !d) {
    const doc = new DOMParser().parseFromString(await (await fetch(b.href, { headers: { "X-Swap": `#${id}` } })).text(), "text/html");
    d = doc.getElementById(id);
    if (!d) return;
    row.after(document.adoptNode(d));
  }
  d.hidden = !open;
  b.setAttribute("aria-expanded", open);
}

// Of fifty rows the buttons would be a third of the page.
const KINDS = { a: ["approved", "Approve", "✓"], h: ["held", "Hold", "‖"], r: ["rejected", "Reject", "✕"] };
function deciders(el) {
  const is = el.closest("tr").dataset.decision;
  el.replaceChildren(...Object.entries(KINDS).map(([k, [name, label, sign]]) => {
    const b = Object.assign(document.createElement("button"), { name: k === is ? "open" : name, value: el.dataset.of, textContent: sign, ariaLabel: label });
    b.dataset.do = k;
    if (k === is) b.ariaPressed = "true";
    return b;
  }));
}
// Decisions are sent one after the other, and none of them is given up for the next one; the counts follow.
let sending = Promise.resolve(), waiting = 0;
on("click", (e) => {
  const b = e.target.closest("[data-do]");
  if (!b) return;
  e.preventDefault();
  const row = b.closest("tr");
  const sent = new URLSearchParams({ [b.name]: b.value });
  const on_ = b.ariaPressed !== "true";
  // Changes of one row of the file share its decision.
  const same = $$(`[data-do][value="${CSS.escape(b.value)}"]`, row.parentNode);
  same.forEach((x) => { const me = on_ && x.dataset.do === b.dataset.do; x.ariaPressed = String(me); x.name = me ? "open" : KINDS[x.dataset.do][0]; x.closest("tr").dataset.decision = on_ ? b.dataset.do : ""; });
  waiting++;
  sending = sending.then(() => fetch(b.form.getAttribute("action"), { method: "POST", body: sent, redirect: "manual", headers: { "X-Swap": "none" } }))
    .then((r) => { if (r.type !== "opaqueredirect" && !r.ok) throw 0; })
    .catch(() => { toast({ text: "Not saved. This is how it stands." }); return swap(location.href, "#index", { push: false }); })
    .then(() => { if (!--waiting) return swap(location.href, "#savebar", { push: false }); });
});

/* ---------- chart ---------- */
function chart(fig) {
  const { rows: data, from, to, units } = JSON.parse($("[data-series]", fig).textContent), layer = $("[data-overlay]", fig), cross = $(".cross", fig);
  let i = data.length - 1;
  const said = (v, unit) => v == null ? "–" : unit === "#" || unit === "" ? unit + v.toLocaleString("en") : unit + v.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const show = (n) => {
    i = Math.max(0, Math.min(data.length - 1, n));
    cross.hidden = false;
    cross.style.left = `${((data[i][0] - from) / (to - from)) * 100}%`;
    for (const el of $$("[data-tip]", fig)) {
      const k = el.dataset.tip;
      el.textContent = k === "date" ? new Date(data[i][0] * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short" }) : said(data[i][k], units[k - 1]);
    }
  };
  layer.addEventListener("pointermove", (e) => { const b = layer.getBoundingClientRect(); show(Math.round(((e.clientX - b.left) / b.width) * data.length) - 1); });
  layer.addEventListener("pointerleave", () => { show(data.length - 1); cross.hidden = true; });
  fig.addEventListener("keydown", (e) => { const d = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 }[e.key]; if (d && e.target === fig) { e.preventDefault(); show(i + d); } });
  $$(".key", fig).forEach((b) => (b.onclick = () => {
    const off = b.getAttribute("aria-pressed") === "true", css = b.className.match(/k-(\w+)/)[1];
    b.setAttribute("aria-pressed", !off);
    $$(`.plot .${css}`, fig).forEach((p) => (p.style.visibility = off ? "hidden" : ""));
  }));
}

/* ---------- menus, dialogs, theme ---------- */
on("click", (e) => {
  const inside = e.target.closest("[data-menu]");
  $$("[data-menu][open]").forEach((m) => { if (m !== inside) m.open = false; });
  const o = e.target.closest("[data-open]");
  if (o && $(`#${o.dataset.open}`)) { if ($("#hits") || o.dataset.open !== "palette") { e.preventDefault(); const d = $(`#${o.dataset.open}`); d.showModal(); if (d.id === "palette" && !$("#hits a", d)) $("form", d).requestSubmit(); } }
  if (e.target.tagName === "DIALOG") e.target.close();
  const copy = e.target.closest("[data-copy]");
  if (copy) { const t = document.getElementById(copy.dataset.copy); t.select(); navigator.clipboard?.writeText(t.value); toast({ text: "Copied" }); }
  if (e.target.closest("[data-theme-toggle]")) {
    const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
  }
});

/* ---------- keys (off with data-shortcuts="off": WCAG 2.1.4) ---------- */
on("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key === "k" && $(".jump")) { e.preventDefault(); return $(".jump").click(); }
  if (e.key === "Escape") { const m = $("[data-menu][open]"); if (m) { m.open = false; $("summary", m).focus(); } return; }
  if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || root.dataset.shortcuts === "off" || $("dialog[open]")) return;
  const k = e.key.toLowerCase();
  if (k === "?") return $("#keys")?.showModal();
  if (k === "/") { const s = $("main input[type=search]"); if (s) { e.preventDefault(); s.focus(); } return; }
  const t = e.target.closest("[data-index]") || $("[data-index]");
  const own = (t ? e.target : e.target.closest("[data-keys]") || $("[data-keys]"))?.closest("[data-keys]"), b = own && $(`[data-key="${CSS.escape(k)}"]`, own);
  if (b) { e.preventDefault(); b.click(); return $("textarea", b.parentNode)?.focus(); }
  if (!t) return;
  const list = rows(t), row = e.target.closest("tr[tabindex]") || $("tr.at", t), i = list.indexOf(row);
  const down = k === "j" || (k === "arrowdown" && row === e.target), up = k === "k" || (k === "arrowup" && row === e.target);
  if (down || up) { e.preventDefault(); return go(list[i + (down ? 1 : -1)] || row || list[0]); }
  if (!row || (row !== e.target && !row.classList.contains("at"))) return;
  if (k === "x") { const c = $(".sel input[type=checkbox]", row); if (c) pick(c, !c.checked); }
  else if ("ahr".includes(k) && $("[data-do]", row)) { $(`[data-do=${k}]`, row).click(); if (k !== "h") go(list[i + 1] || row); }
  else if ($(`[data-bulkbar] [data-key="${CSS.escape(k)}"]`)) { if (!boxes(t).some((c) => c.checked)) pick($(".sel input", row), true); $(`[data-bulkbar] [data-key="${k}"]`).click(); }
  else if (k === "enter" && row === e.target) ($("a.open, td.first a, a", row) || $(".exp", row))?.click();
  else return;
  e.preventDefault();
});

// In the palette the arrows walk along what was found, and Enter goes to the first of it.
on("keydown", (e) => {
  const p = $("#palette[open]");
  if (!p || !["ArrowDown", "ArrowUp", "Enter"].includes(e.key)) return;
  const hits = $$("#hits a", p), at = hits.indexOf(document.activeElement);
  if (e.key === "Enter") { if (at < 0 && hits[0]) { e.preventDefault(); hits[0].click(); } return; }
  e.preventDefault();
  (hits[at + (e.key === "ArrowDown" ? 1 : -1)] || $("input", p)).focus();
});

/* ---------- forms ---------- */
on("input", (e) => { const f = e.target.closest("form[data-dirty]"); if (f) f.dataset.dirty = "1"; });
on("submit", (e) => { const f = e.target.closest("form[data-dirty]"); if (f) f.dataset.dirty = ""; });
on("reset", (e) => { const f = e.target.closest("form[data-dirty]"); if (f) f.dataset.dirty = ""; });
addEventListener("beforeunload", (e) => { if ($('form[data-dirty="1"]')) e.preventDefault(); });

// What is dragged to another place is sent in its new order; the buttons beside it do the same, one step at a time.
let dragged;
on("dragstart", (e) => { dragged = e.target.closest?.("[data-order] > [draggable]"); dragged?.classList.add("held"); });
on("dragover", (e) => {
  const over = dragged && e.target.closest("[data-order] > [draggable]");
  if (!over || over.parentNode !== dragged.parentNode) return;
  e.preventDefault();
  const all = [...over.parentNode.children];
  if (over !== dragged) over[all.indexOf(over) > all.indexOf(dragged) ? "after" : "before"](dragged);
});
on("drop", (e) => dragged && e.preventDefault());

// Files that are dropped anywhere on a page that takes some are sent in.
const takes = (e) => e.dataTransfer?.types.includes("Files") && $("form[data-files]");
on("dragover", (e) => { const f = takes(e); if (f) { e.preventDefault(); f.classList.add("over"); } });
on("dragleave", (e) => { if (!e.relatedTarget) $("form[data-files]")?.classList.remove("over"); });
on("drop", (e) => {
  const f = takes(e);
  if (!f) return;
  e.preventDefault();
  $("input[type=file]", f).files = e.dataTransfer.files;
  f.requestSubmit();
});

// A category that is dropped on another one goes into it.
let carried;
on("dragstart", (e) => { carried = e.target.closest?.("[data-move]"); });
on("dragover", (e) => { const over = carried && e.target.closest("[data-path]"); $$(".over").forEach((n) => n.classList.remove("over")); if (over && over !== carried) { e.preventDefault(); over.classList.add("over"); } });
on("drop", (e) => {
  const over = carried && e.target.closest("[data-path]");
  if (!over || over === carried) return;
  e.preventDefault();
  const form = Object.assign(document.createElement("form"), { method: "post", action: carried.dataset.move, hidden: true });
  form.append(Object.assign(document.createElement("input"), { name: "path", value: over.dataset.path }));
  document.body.append(form);
  form.submit();
});
on("dragend", () => { carried = null; $$(".over").forEach((n) => n.classList.remove("over")); });
on("dragend", () => { dragged?.classList.remove("held"); dragged?.closest("form")?.requestSubmit(); dragged = null; });

function init(el) {
  $$("[data-tail]", el).forEach(tail);
  $$("[data-index]", el).forEach(counted);
  $$("[data-chart]", el).forEach(chart);
  $$("[data-of]", el).forEach(deciders);
}
init(document);
$$(".tabs [aria-current]").forEach((a) => { a.parentNode.scrollLeft = a.offsetLeft - a.parentNode.offsetLeft - 48; });   // on a phone they are longer than the screen
$$("#toasts .toast").forEach((el) => fade(el, $("form", el)));
live();
