// One open editor: its stores and the few verbs that touch several of them.

import { api, entries } from "../components/api.js";
import { followRun } from "../components/events.js";
import { Live } from "../components/live.js";
import { ClickWiring } from "./click_wiring.js";
import { Clipboard } from "./clipboard.js";
import { COMMANDS } from "./commands.js";
import { RunData } from "./data.js";
import { Dirty } from "./dirty.js";
import { Draft } from "./draft.js";
import { Edits } from "./edits.js";
import { FindWalk } from "./find_walk.js";
import { Marks } from "./marks.js";
import { ofSelection } from "./menu_target.js";
import { missingByNode } from "./missing.js";
import { Model } from "./model.js";
import { Overwritten } from "./overwritten.js";
import { offerTextFor } from "./offers.js";
import { CARD, containerAt } from "./placing.js";
import { Presence } from "./presence.js";
import { askResting, watchResting } from "./resting.js";
import { into } from "./trail.js";
import { panelWidth, remembered, roomOn, Ui } from "./ui.js";
import { askUnpublished } from "./unpublished.js";

const CHECK_PAUSE = 700;
const CHECK_AGAIN = 5_000;
const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const OVER = new Set(["succeeded", "failed", "cancelled"]);
const SETTLED = new Set(["saved", "read-only"]); // the server has all that is here

export class EditorCore {
  constructor({ workflowId, workflow, me, kinds }) {
    Object.assign(this, { workflowId, workflow, me, kinds });
    this.draft = new Draft(workflowId, { accountId: me.id, canEdit: me.may("workflow.edit") });
    this.model = new Model(this.draft);
    this.edits = new Edits(this.draft, this.model, kinds);
    this.presence = new Presence(this.draft.awareness, me);
    this.live = new Live();
    this.clipboard = new Clipboard(this);
    this.marks = new Marks(this);
    this.finding = new FindWalk(this);
    this.pointer = null; // where the pointer is over the canvas, in its own pixels
    this.glide = new Ui({ at: null }); // nodes on their way to where a layout put them
    this.wiring = new ClickWiring(this);
    this.guide = new Ui({ candidate: null, refused: null }); // changes with every move of the hand
    this.ui = new Ui({
      offer: null,
      wiring: null,
      labelling: null,
      remark: null,
      commentsShown: remembered.get("comments-shown", true),
      heal: remembered.get("heal", true),
      bindings: 0,
      find: { open: false, query: "", at: -1 },
      menu: null,
      snap: remembered.get("snap", true),
      sure: null,
      selection: [],
      selectedWires: [],
      inspector: null,
      picker: null,
      dialog: null,
      renaming: null,
      hint: null,
      mode: "pointer",
      palette: remembered.get("palette", true),
      minimap: remembered.get("minimap", true),
      problemsOpen: false,
      problems: [],
      problemsOf: {},
      checked: false,
    });
    this.overwritten = new Overwritten(this);
    this.data = new RunData(this);
    this.dirty = new Dirty(this);
    this.stops = [this.model.subscribe(() => this.checkSoon()), this.model.subscribe(() => this.forgetGone()), watchResting(this)];
    this.checkSoon();
  }

  run = (name, argument) => {
    const command = COMMANDS.find((one) => one.name === name);
    if (!command || (command.edits && (!this.draft.canEdit || this.ui.state.compared))) return false;
    command.run(this, argument);
    return true;
  };

  /** The menu of what is selected, or of what `target` says. */
  openMenu(target = ofSelection(this)) {
    this.ui.set({ menu: target });
  }

  wiresAt = ({ node, port, out }) => [...this.model.wires.values()].filter((wire) => (out ? wire.source === node && wire.source_port === port : wire.target === node));

  /** Another page of the product, without loading it anew. */
  go = (address) => this.navigate?.(address);

  /** The workflow that a node calls; the way back stands in the address. */
  async openSub(id) {
    const node = this.model.node(id);
    if (this.kinds.get(node?.kind)?.role !== "call") return;
    const called = node.config.workflow;
    if (!called) return this.ui.hint("This node names no workflow yet.", "warning");
    try {
      const { id: sub } = await api.get(`/workflows/${encodeURIComponent(called)}`);
      this.go(into(sub, this.workflowId, id, new URLSearchParams(window.location.search).get("from") ?? ""));
    } catch (problem) {
      this.ui.hint(problem.message, "error");
    }
  }

  openInspector = (id) => {
    const first = !this.ui.state.inspector;
    this.ui.set({ inspector: id, problemsOpen: false, history: false, commentsOpen: false });
    if (first) this.uncover(id);
  };

  /** Pan as far as needed for a node, drawn or to be drawn, not to lie under the settings that have just opened. */
  uncover(id) {
    const node = this.model.node(id);
    if (!node || !this.flow) return;
    const { x, y, zoom } = this.flow.getViewport();
    const width = this.flow.getNode(id)?.measured?.width ?? CARD.width;
    const end = x + (this.model.absolute(node).x + width) * zoom;
    const right = this.frame.clientWidth - panelWidth(this.frame.clientWidth) - 36;
    if (end > right) this.flow.setViewport({ x: x + right - end, y, zoom }, { duration: calm() ? 0 : 180 });
  }

  /** `screen` is where the pointer is; without it the picker opens in the middle of the canvas. */
  openPicker = ({ screen, from = null, into = null, wire = null } = {}) => {
    if (!this.draft.canEdit) return;
    const box = this.frame.getBoundingClientRect();
    const at = screen ?? { x: box.left + box.width / 2, y: box.top + box.height / 3 };
    this.ui.set({ picker: { at, from, into, wire, flow: this.flow.screenToFlowPosition(at, { snapToGrid: false }) } });
  };

  /** Add a kind at a point of the canvas, in the container that is there; then select it. */
  addAt(kindName, point, options = {}) {
    const container = options.from || options.into || options.wire ? this.parentOf(options) : containerAt(this.model, this.kinds, options.pointer ?? point, this.kinds.get(kindName) ?? {});
    const base = container ? this.model.absolute(container) : { x: 0, y: 0 };
    const at = { x: point.x - base.x, y: point.y - base.y };
    const id = this.edits.add(kindName, { ...options, at, parent: container?.id ?? null });
    if (!id) return null;
    this.select([id]);
    this.openInspector(id);
    offerTextFor(this, id, options);
    return id;
  }

  parentOf({ from, into, wire }) {
    const beside = from?.node ?? into?.node ?? this.model.wires.get(wire)?.source;
    return this.model.node(this.model.node(beside)?.parent) ?? null;
  }

  /** Bring a node into view and open it. */
  show(id) {
    const node = this.model.node(id);
    if (!node) return;
    this.select?.([id]);
    this.openInspector(id);
    const at = this.model.absolute(node);
    this.flow?.setCenter(at.x + 240, at.y + 40, { zoom: Math.max(0.8, this.flow.getZoom()), duration: calm() ? 0 : 200 });
  }

  /** Pan just as far as needed for a node to be in sight. */
  bring(id) {
    const node = this.model.node(id);
    if (!node || !this.flow) return;
    const { x, y } = this.model.absolute(node);
    const room = roomOn(this);
    const view = this.flow.getViewport();
    const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y];
    const into = (at, length, from, size) => Math.max(from, Math.min(at, from + size - length)) - at;
    const by = [into(left, 232 * view.zoom, room.x, room.width), into(top, 68 * view.zoom, room.y, room.height)];
    if (by[0] || by[1]) this.flow.setViewport({ x: view.x + by[0], y: view.y + by[1], zoom: view.zoom }, { duration: calm() ? 0 : 180 });
  }

  forgetGone() {
    const { inspector } = this.ui.state;
    if (inspector && !this.model.node(inspector)) this.ui.set({ inspector: null });
  }

  checkSoon(pause = CHECK_PAUSE) {
    clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => this.check(), pause);
  }

  /** Ask the server for all problems of the draft, as soon as it has all of it. */
  async check() {
    if (!SETTLED.has(this.draft.state.saved)) return this.checkSoon();
    const version = this.model.version;
    const found = await api.get(`/workflows/${this.workflowId}/check`).catch(() => null);
    if (this.gone) return undefined;
    if (!found) return this.checkSoon(CHECK_AGAIN);
    if (version !== this.model.version) return this.checkSoon();
    const problems = Array.isArray(found) ? found : (found.problems ?? entries(found));
    const problemsOf = {};
    for (const { node_id: id, severity } of problems) if (id && severity !== "warning") problemsOf[id] = (problemsOf[id] ?? 0) + 1;
    this.ui.set({ problems, problemsOf, missing: missingByNode(problems, this.model), checked: true });
    askUnpublished(this);
    askResting(this);
    return undefined;
  }

  async start(input) {
    await this.saved();
    const run = await api.post(`/workflows/${this.workflowId}/runs`, { input, version: "draft" });
    this.follow(run.id);
    return run;
  }

  follow(runId, after = 0) {
    this.unfollow?.();
    this.live.reset(runId);
    this.ui.set({ strip: true });
    this.unfollow = followRun(runId, {
      after,
      onEvent: (event) => this.live.apply(event),
      onLink: (link) => this.live.setLink(link),
    });
  }

  /** Resolves when the server has all our changes, or rejects when it cannot be reached. */
  saved() {
    if (SETTLED.has(this.draft.state.saved)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error("Your last changes have not reached the server yet. Wait until the draft is saved, then run."));
      }, 6000);
      const stop = this.draft.subscribe(() => {
        if (this.draft.state.saved !== "saved") return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
  }

  get running() {
    return Boolean(this.live.run.id) && !OVER.has(this.live.run.state);
  }

  stopRun() {
    return api.post(`/runs/${this.live.run.id}/cancel`).catch((problem) => this.ui.hint(problem.message, "error"));
  }

  closeRun() {
    this.unfollow?.();
    this.live.reset();
    this.ui.set({ strip: false });
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.checkTimer);
    this.unfollow?.();
    this.stops.forEach((stop) => stop());
    this.dirty.destroy();
    this.data.destroy();
    this.presence.destroy();
    this.draft.destroy();
  }
}
