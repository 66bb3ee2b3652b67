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
  const search = document.getElementById("search"), count = document.getElementById("count"), few = document.getElementById("few");
  // Beyond this many, arrows are a grey block: only those of the chosen card are drawn.
  const MOST_WIRES = 1200, BUSY = 120;
  const worst = (card) => ["critical", "high"].find((word) => card.classList.contains(word));
  // Hidden until they are asked for: known here, because to ask the page would lay it out again for each card.
  const more = new Set([...cards].filter(([, card]) => card.classList.contains("more")).map(([id]) => id));
  let chosen = null, all = false, shown = new Set([...cards.keys()].filter((id) => !more.has(id)));
  let texts = null;

  // All that can be reached from any of these.
  const reach = (ids, steps) => {
    const seen = new Set(ids), open = [...ids];
    while (open.length) for (const next of steps.get(open.pop()) || []) if (!seen.has(next)) { seen.add(next); open.push(next); }
    return seen;
  };
  const connected = (ids) => new Set([...reach(ids, to), ...reach(ids, from)]);

  const draw = () => {
    if (getComputedStyle(wires).display === "none") return;
    const hot = chosen ? connected([chosen]) : null;
    const edges = [];
    for (const id of shown) for (const next of to.get(id)) if (shown.has(next)) edges.push([id, next]);
    const isHot = ([id, next]) => Boolean(hot && hot.has(id) && hot.has(next));
    const drawn = (edges.length > MOST_WIRES ? edges.filter(isHot) : edges).slice(0, MOST_WIRES);
    const base = main.getBoundingClientRect();
    const paths = drawn.map((edge) => {
      const [card, other] = edge.map((id) => cards.get(id));
      const a = card.getBoundingClientRect(), b = other.getBoundingClientRect();
      const x1 = a.right - base.left, y1 = a.top + Math.min(a.height / 2, 20) - base.top;
      const x2 = b.left - base.left, y2 = b.top + Math.min(b.height / 2, 20) - base.top;
      const mid = (x1 + x2) / 2;
      const risk = worst(card) && worst(other) ? worst(card) : "";
      return `<path class="${isHot(edge) ? "hot" : risk}" d="M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}"/>`;
    });
    wires.innerHTML = paths.join("");
    // A bundle of arrows tells nothing: it steps back until a card is chosen.
    wires.classList.toggle("busy", drawn.length > BUSY);
    few.textContent = edges.length > MOST_WIRES && !hot ? "too many arrows to draw: choose a card" : "";
  };

  const apply = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let keep = null;
    if (words.length) {
      texts ||= new Map([...cards].map(([id, card]) => [id, card.textContent.toLowerCase()]));
      keep = connected([...texts].filter(([, text]) => words.every((word) => text.includes(word))).map(([id]) => id));
    } else if (chosen) {
      keep = connected([chosen]);
    }
    shown = new Set([...cards.keys()].filter((id) => keep ? keep.has(id) : all || !more.has(id)));
    for (const [id, card] of cards) {
      card.classList.toggle("found", Boolean(keep ? keep.has(id) : all));
      card.classList.toggle("off", Boolean(keep && !keep.has(id)));
      card.classList.toggle("hot", chosen === id);
    }
    count.textContent = keep ? `${shown.size} of ${cards.size} cards` : "";
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
  let pending = 0;
  search.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(apply, 120); });
  document.getElementById("all").addEventListener("click", () => { all = !all; apply(); });
  document.getElementById("reset").addEventListener("click", () => { chosen = null; all = false; search.value = ""; apply(); });
  addEventListener("resize", draw);
  apply();
})();
