"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, from = document) => Array.from(from.querySelectorAll(query));
  const keep = (name, value) => { try { localStorage.setItem("grade-" + name, value); } catch { /* file: pages may have none */ } };
  const kept = (name) => { try { return localStorage.getItem("grade-" + name); } catch { return null; } };

  function setLanguage(lang) {
    root.dataset.lang = root.lang = lang;
    for (const one of all("option[data-en]")) one.textContent = one.dataset[lang];
    keep("language", lang);
  }
  function setTheme(theme) { root.dataset.theme = theme; keep("theme", theme); }
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const list = document.getElementById("list");
  const answers = all(".answer");
  const texts = new Map();
  const text = (one) => {
    if (!texts.has(one)) texts.set(one, (one.dataset.words + " " + (one.querySelector(".body") || one).textContent).toLowerCase());
    return texts.get(one);
  };
  const filters = all("[data-filter]");

  function chosen() { return Object.fromEntries(filters.map((one) => [one.dataset.filter, one.value])); }
  function fits(one, want) {
    if (want.state && !one.dataset.state.split(" ").includes(want.state)) return false;
    for (const name of ["section", "person", "run", "model"]) if (want[name] && one.dataset[name] !== want[name]) return false;
    return want.text.toLowerCase().split(/\s+/).every((word) => !word || text(one).includes(word));
  }
  function filter() {
    const want = chosen();
    let count = 0;
    for (const one of answers) { const is = fits(one, want); one.hidden = !is; count += is; }
    for (const one of all("[data-shown]")) one.textContent = count;
    for (const one of all("[data-none]")) one.hidden = count > 0;
  }
  function sort() {
    const want = chosen().sort;
    const score = (one) => one.dataset.score === "" ? (want === "low" ? -1 : -2) : Number(one.dataset.score);
    const ordered = want === "" ? answers : answers.slice().sort((a, b) => want === "low" ? score(a) - score(b) : score(b) - score(a));
    list.append(...ordered);
  }
  let waiting = 0;
  for (const one of filters) one.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (one.dataset.filter === "sort") sort(); filter(); }, one.type === "search" ? 120 : 0);
  });
  for (const one of all("form")) one.addEventListener("submit", (event) => event.preventDefault());

  const visible = () => all(".answer", list).filter((one) => !one.hidden);
  function step(by) {
    const held = visible();
    if (!held.length) return;
    const now = held.indexOf(document.activeElement.closest(".answer"));
    const next = held[Math.max(0, Math.min(held.length - 1, now < 0 ? (by > 0 ? 0 : held.length - 1) : now + by))];
    next.querySelector("summary").focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  }
  function openAll() { const held = visible(); const open = !held.every((one) => one.open); for (const one of held) one.open = open; }
  function help(button) {
    const page = document.getElementById("help");
    page.hidden = !page.hidden;
    all('[data-do="help"]')[0].setAttribute("aria-expanded", String(!page.hidden));
  }
  const deeds = {
    language: () => setLanguage(root.dataset.lang === "zh" ? "en" : "zh"),
    theme: () => setTheme(isDark() ? "light" : "dark"),
    print: () => print(),
    help,
    all: openAll,
  };
  for (const one of all("[data-do]")) one.addEventListener("click", () => deeds[one.dataset.do]());

  const keys = { l: deeds.language, t: deeds.theme, p: deeds.print, "?": help, e: openAll, j: () => step(1), k: () => step(-1),
    "/": () => filters[0].focus(), o: () => { const one = document.activeElement.closest(".answer"); if (one) one.open = !one.open; } };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") { document.activeElement.blur(); return; }
    if (event.target.closest("input, select, textarea") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  function point(id, on) {
    const place = document.getElementById(id);
    if (place) place.classList.toggle("on", on);
    for (const one of all("mark[data-points]", place ? place.closest(".answer") : document)) {
      if (one.dataset.points.split(" ").includes(id)) one.classList.toggle("on", on);
    }
  }
  for (const [event, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    list.addEventListener(event, (what) => {
      const at = what.target.closest(".point, mark[data-points]");
      if (!at) return;
      for (const id of at.matches(".point") ? [at.id] : at.dataset.points.trim().split(" ")) point(id, on);
    });
  }
  function reveal() {
    const at = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const within = at && at.closest(".answer");
    if (within) { within.open = true; at.scrollIntoView({ block: "center" }); }
  }
  addEventListener("hashchange", reveal);
  let closed = [];
  addEventListener("beforeprint", () => { closed = answers.filter((one) => !one.open); for (const one of closed) one.open = true; });
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; });

  if (kept("theme")) setTheme(kept("theme"));
  if (kept("language")) setLanguage(kept("language"));
  reveal();
})();
