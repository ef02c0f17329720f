// Plays random verbs of the editor on a draft without a browser: random_edits.mjs FOLDER SEED STEPS [wavering] < kinds.json
// Who wavers takes steps back and forth on the way.
// Prints {diagrams, undone, redone, verbs}: the file text at some points, and whether undo and redo lead back and forth.

import { readFileSync } from "node:fs";

const [folder, seed, steps, wavering] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5] === "wavering"];
const from = (name) => import(`${folder}/${name}.js`);
const [{ DraftDocument }, { Model }, { Edits }, groups, { rename }, { loopAround, makeLoop }, { Clipboard }, { fetchYaml, fileNode, fileWire, textOf }, { containerAt, refusal }, { align }, { replaceIn, hits }, sub, { portsOf, hasInput, isNote, isContainer, holds }] = await Promise.all([
  from("draft_document"), from("model"), from("edits"), from("groups"), from("rename"), from("loops"), from("clipboard"), from("fragment"), from("placing"), from("arrange"), from("finding"), from("subworkflow"), import(`${folder}/../components/kinds.js`),
]);

await fetchYaml();
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const some = (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(list)))].filter(Boolean);

const kinds = new Map(JSON.parse(readFileSync(0, "utf8")).map((kind) => [kind.name, kind]));
const draft = new DraftDocument(true);
const model = new Model(draft);
const edits = new Edits(draft, model, kinds);
const inner = (id) => ({ internals: { positionAbsolute: model.absolute(model.node(id)) }, measured: { width: 232, height: 68 } });
const ui = { state: { selection: [], problems: [] }, set() {}, hint() {} };
const editor = { draft, model, edits, kinds, ui, flow: { getInternalNode: inner }, pointer: null, select() {}, presence: { peers: [] } };
editor.clipboard = new Clipboard(editor);

const ids = () => [...model.nodes.keys()];
const place = () => ({ x: below(200) * 8, y: below(120) * 8 });
const kindOf = (id) => kinds.get(model.node(id).kind);
const names = ["Größe", "Ask", "Tell me", "x", "123", "Ask 2"];

const VERBS = {
  add() {
    const kind = one([...kinds.values()].filter((any) => !["start", "group"].includes(any.role)));
    const point = place();
    const holder = containerAt(model, kinds, point, kind);
    if (kind.role === "state" && !holder) return;
    if (kind.role === "exit" && kinds.get(holder?.kind)?.role !== "state") return;
    const base = holder ? model.absolute(holder) : { x: 0, y: 0 };
    edits.add(kind.name, { at: { x: point.x - base.x, y: point.y - base.y }, parent: holder?.id ?? null });
  },
  connect() {
    const [a, b] = [one(ids()), one(ids())];
    const port = a && one(portsOf(kindOf(a), model.node(a)));
    if (port && !refusal(model, kinds, a, b)) edits.connect(a, port, b);
  },
  loop() {
    const wire = one([...model.wires.values()]);
    const port = wire && one(portsOf(kindOf(wire.target), model.node(wire.target)));
    const made = port && kinds.get(model.node(model.node(wire.source).parent)?.kind)?.role !== "machine";
    if (made && loopAround(editor, wire.target, wire.source)) makeLoop(editor, { source: wire.target, port, target: wire.source });
  },
  into() {
    const wire = one([...model.wires.values()]);
    const kind = wire && one([...kinds.values()].filter((any) => hasInput(any) && portsOf(any, { config: {} }).length && holds(kinds.get(model.node(model.node(wire.source).parent)?.kind), any)));
    if (kind) edits.add(kind.name, { at: place(), wire: wire.id, parent: model.node(wire.source).parent });
  },
  remove: () => edits.remove(some(ids(), 3), [], random() < 0.7),
  unwire: () => edits.remove([], some([...model.wires.keys()], 2)),
  move() {
    const id = one(ids());
    const within = new Set([id, ...model.within(id)]);
    const homes = [null, ...model.nodes.values()].filter((any) => (any ? isContainer(kinds.get(any.kind)) && !within.has(any.id) : true) && holds(any && kinds.get(any.kind), kindOf(id)));
    if (kindOf(id).role === "group" || ["state", "exit", "start"].includes(kindOf(id).role)) return edits.move([{ id, ...place() }]);
    return edits.move([{ id, ...place(), parent: one(homes)?.id ?? null }]);
  },
  name: () => edits.set(one(ids()), "name", one(names)),
  rename: () => rename(editor, one(ids()), one(names)),
  read() {
    const [reader, read] = [one(ids()), one(ids())];
    if (kindOf(reader).name === "set_fields") edits.setConfig(reader, "fields", [{ name: "text", value: `{{ nodes.${read} }} of {{ input.amount }}` }]);
  },
  labels() {
    const id = one(ids());
    if (kindOf(id).name === "classify") edits.setConfig(id, "labels", some(["a", "b", "c", "d"], 3).map((name) => ({ name })));
  },
  routed: () => !isNote(kinds.get(model.node(ids()[0]).kind)) && edits.set(ids()[0], "on_error", one(["route", "fail"])),
  disable: () => edits.toggleDisabled(some(ids(), 3)),
  lock: () => edits.setAll(some(ids(), 2), "locked", random() < 0.5 || undefined),
  group() {
    const chosen = some(ids(), 4);
    if (!groups.ungroupable(editor, chosen)) groups.makeGroup(editor, chosen);
  },
  ungroup: () => groups.ungroup(editor, some(ids(), 3)),
  fold: () => groups.fold(editor, some(ids(), 3)),
  duplicate() {
    ui.state = { ...ui.state, selection: some(ids(), 3) };
    editor.clipboard.duplicate();
  },
  paste() {
    ui.state = { ...ui.state, selection: some(ids(), 3) };
    const text = editor.clipboard.take();
    editor.pointer = random() < 0.7 ? place() : null;
    editor.clipboard.pasteText(text, { withWires: random() < 0.5 });
  },
  align() {
    ui.state = { ...ui.state, selection: some(ids(), 4) };
    align(editor, one(["left", "middle", "bottom"]));
  },
  replace: () => replaceIn(editor, hits(editor, "ask"), "ask", one(["Tell", "Ask ask", ""])),
  takeOut() {
    const plan = sub.planned(editor, some(ids(), 3));
    if (plan.why) return;
    sub.extracted(plan, "Part");
    sub.replaced(editor, plan, `part-${below(100)}`, "Part");
  },
};

const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value);
const whole = () => JSON.stringify(sorted({ nodes: draft.nodes.toJSON(), wires: draft.wires.toJSON(), comments: draft.comments.toJSON() }));
const text = () => textOf({ name: "Random", nodes: [...model.nodes.values()].map(fileNode), wires: [...model.wires.values()].map(fileWire) });

for (const [id, kind] of [["start", "start"], ["a", "wait"], ["b", "set_fields"], ["box", "loop"]]) draft.doc.transact(() => edits.put(id, { kind, name: id, ...place(), ...(kind === "loop" ? { w: 560, h: 280 } : {}) }));
draft.undo.clear();
const first = whole();
const verbs = {};
const diagrams = [];
let last = "";
try {
  for (let step = 0; step < steps; step += 1) {
    if (model.nodes.size > 60) edits.remove(some(ids().filter((id) => id !== "start"), 20));
    last = one(Object.keys(VERBS).concat(["add", "connect", "connect"]));
    if (wavering && random() < 0.08) draft.undoOnce();
    else if (wavering && random() < 0.04) draft.redoOnce();
    else if (ids().length) VERBS[last]();
    verbs[last] = (verbs[last] ?? 0) + 1;
    if (step % 20 === 19) diagrams.push({ after: `${step}: ${last}`, text: text() });
  }
} catch (error) {
  console.error(`seed ${seed}: ${last} failed: ${error.stack}`);
  process.exit(1);
}
const end = whole();
const done = draft.undo.undoStack.length;
while (draft.undo.undoStack.length) draft.undoOnce();
const undone = whole() === first;
for (let i = 0; i < done; i += 1) draft.redoOnce();
console.log(JSON.stringify({ diagrams, undone, redone: whole() === end, verbs, model: model.nodes.size === draft.nodes.size && model.wires.size === draft.wires.size }));
