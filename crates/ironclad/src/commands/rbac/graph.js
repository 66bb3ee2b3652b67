"use strict";
(() => {
  const cards = new Map([...document.querySelectorAll(".card")].map((card) => [card.id, card]));
  const to = new Map(), from = new Map();
  for (const [id, card] of cards) {
    to.set(id, (card.dataset.to || "").split(" ").filter((next) => cards.has(next)));
    for (const next of to.get(id)) {
      if (!from.has(next)) from.set(next, []);
      from.get(next).push(id);
    }
  }
  const wires = document.getElementById("wires"), main = document.querySelector("main");
  const search = document.getElementById("search"), count = document.getElementById("count");
  // Beyond this many, arrows are a grey block: only those of the chosen card are drawn.
  const MOST_WIRES = 1200;
  let chosen = null, all = false;

  const visible = (card) => card.offsetParent !== null;
  const reach = (id, steps, seen) => {
    for (const next of steps.get(id) || []) if (!seen.has(next)) { seen.add(next); reach(next, steps, seen); }
    return seen;
  };
  const connected = (id) => new Set([id, ...reach(id, to, new Set()), ...reach(id, from, new Set())]);

  const draw = () => {
    const base = main.getBoundingClientRect(), paths = [];
    const hot = chosen ? connected(chosen) : null;
    for (const [id, nexts] of to) {
      const card = cards.get(id);
      if (!nexts.length || !visible(card)) continue;
      const a = card.getBoundingClientRect();
      for (const next of nexts) {
        const other = cards.get(next);
        if (!visible(other)) continue;
        const isHot = hot && hot.has(id) && hot.has(next);
        const b = other.getBoundingClientRect();
        const x1 = a.right - base.left, y1 = a.top + Math.min(a.height / 2, 20) - base.top;
        const x2 = b.left - base.left, y2 = b.top + Math.min(b.height / 2, 20) - base.top;
        const mid = (x1 + x2) / 2;
        const worst = ["critical", "high"].find((w) => card.classList.contains(w) && ["critical", "high"].some((o) => other.classList.contains(o)));
        paths.push([isHot, worst, `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`]);
      }
    }
    const drawn = paths.length > MOST_WIRES ? paths.filter(([isHot]) => isHot) : paths;
    wires.innerHTML = drawn.slice(0, MOST_WIRES).map(([isHot, worst, d]) => `<path class="${isHot ? "hot" : worst || ""}" d="${d}"/>`).join("");
    for (const [id, card] of cards) card.classList.toggle("hot", Boolean(hot && hot.has(id)));
  };

  const apply = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let keep = null;
    if (words.length) {
      keep = new Set();
      for (const [id, card] of cards) {
        const text = card.textContent.toLowerCase();
        if (words.every((word) => text.includes(word))) connected(id).forEach((other) => keep.add(other));
      }
    } else if (chosen) {
      keep = connected(chosen);
    }
    let shown = 0;
    for (const [id, card] of cards) {
      const found = keep ? keep.has(id) : all;
      card.classList.toggle("found", Boolean(found));
      card.classList.toggle("off", Boolean(keep && !keep.has(id)));
      if (visible(card)) shown += 1;
    }
    count.textContent = keep ? `${shown} of ${cards.size} cards` : "";
    draw();
  };

  const choose = (card) => { chosen = chosen === card.id ? null : card.id; apply(); };
  main.addEventListener("click", (event) => {
    if (event.target.closest("details")) { requestAnimationFrame(draw); return; }
    const card = event.target.closest(".card");
    if (card) choose(card);
  });
  main.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.classList.contains("card")) choose(event.target);
  });
  search.addEventListener("input", apply);
  document.getElementById("all").addEventListener("click", () => { all = !all; apply(); });
  document.getElementById("reset").addEventListener("click", () => { chosen = null; all = false; search.value = ""; apply(); });
  addEventListener("resize", draw);
  apply();
})();
