// Draws a loop around two nodes, the first of which leads its error out of it: loop_errors.mjs FOLDER [within] < kinds.json
// `within` leads the error to the second one, too. Prints the file text of what is drawn.

import { readFileSync } from "node:fs";

const [folder, within] = [process.argv[2], process.argv[3] === "within"];
const from = (name) => import(`${folder}/${name}.js`);
const [{ DraftDocument }, { Model }, { Edits }, { makeLoop }, { fetchYaml, fileNode, fileWire, textOf }] = await Promise.all(["draft_document", "model", "edits", "loops", "fragment"].map(from));

await fetchYaml();
const kinds = new Map(JSON.parse(readFileSync(0, "utf8")).map((kind) => [kind.name, kind]));
const draft = new DraftDocument(true);
const model = new Model(draft);
const edits = new Edits(draft, model, kinds);
const inner = (id) => ({ internals: { positionAbsolute: model.absolute(model.node(id)) }, measured: { width: 232, height: 68 } });

draft.doc.transact(() => {
  for (const [n, id] of ["start", "first", "second", "after"].entries()) edits.put(id, { kind: id === "start" ? "start" : "wait", name: id, x: n * 300, y: 0, ...(id === "first" ? { on_error: "route" } : {}) });
});
edits.connect("start", "out", "first");
edits.connect("first", "out", "second");
edits.connect("first", "error", "after");
if (within) edits.connect("first", "error", "second");
makeLoop({ draft, model, edits, kinds, flow: { getInternalNode: inner } }, { source: "second", port: "out", target: "first" });
console.log(textOf({ name: "Loop", nodes: [...model.nodes.values()].map(fileNode), wires: [...model.wires.values()].map(fileWire) }));
