// A node on the canvas, as the editor and the run view both draw it; it knows only what it is given.

import { memo } from "react";
import { Handle, Position } from "@xyflow/react";
import { Link } from "react-router";
import { Icon } from "./icons.jsx";
import { budgetOf, carries, hasInput, modelOf, portsOf, summaryOf, tint } from "./kinds.js";
import { Elapsed, StateMark } from "./StateMark.jsx";
import { stateColour } from "./states.js";

const ROUND = { start: "start", end: "end" };
const BUSY = new Set(["running", "retrying", "compensating"]);

export function shapeOf(kind) {
  if (kind.unknown) return "unknown";
  if (kind.group === "People") return "hand";
  if (kind.name === "agent") return "double";
  return ROUND[kind.role] ?? "plain";
}

const TYPES = { text: "a text", json: "JSON", list: "a list" };

/** What goes through the port shows as colour and as shape: round for anything, square text, JSON on its point, a bar for lists. */
export function Port({ nodeId, name, type = "source", label = "", carries = "any", connectable = true, testId }) {
  const what = carries === "any" || name === "error" ? "" : `, ${TYPES[carries]}`;
  const side = type === "source" ? Position.Right : Position.Left;
  return (
    <Handle
      type={type}
      id={name}
      position={side}
      className="qc-port"
      role="img"
      data-port={name}
      data-testid={testId ?? `handle-${nodeId}-${name}`}
      isConnectable={connectable}
      data-carries={name === "error" ? "error" : carries}
      title={(label || name) + what}
      aria-label={(type === "source" ? `Port ${name}` : "Entry") + what}
    />
  );
}

export function Tile({ kind, size = 28 }) {
  return (
    <span className="qc-tile" style={{ width: size, height: size, background: tint(kind.group, "soft"), color: tint(kind.group) }}>
      <Icon name={kind.icon} size={Math.round(size * 0.57)} />
    </span>
  );
}

const MOCKS = { value: "gives a fixed value", last_run: "gives what it gave last", model: "asks a scripted model" };

function Badges({ node, kind, problems, live, undoes, undoneBy, dirty, missing, resting }) {
  const retries = node.retry?.max_attempts ?? 1;
  const [model, budget] = [modelOf(kind, node), budgetOf(kind, node)];
  const shown = [
    dirty && ["refresh-cw", `${dirty} Its last data is from before.`, "dirty"],
    missing && ["key-round", `The team has no secret “${missing}”: update the node, or add the secret. Settings and wires are kept.`, "problem", `${missing} missing`],
    problems > (missing ? 1 : 0) && ["circle-alert", `${problems} problem${problems > 1 ? "s" : ""}`, "problem"],
    undoes && ["undo-2", `Played only to undo ${undoes}`, "undo", `undoes ${undoes}`],
    undoneBy && ["undo-2", `Undone by ${undoneBy} when its saga fails`, "undo"],
    kind.unknown && ["triangle-alert", "This kind is not installed here. Its settings and wires are kept.", "problem", "not installed"],
    !kind.unknown && (node.kind_version ?? 1) !== kind.version && ["triangle-alert", `Made with version ${node.kind_version ?? 1} of ${kind.title}; here is version ${kind.version}.`, "old", `v${node.kind_version ?? 1}`],
    node.disabled && ["ban", "Disabled", ""],
    node.locked && ["lock", "Locked: it stays where it is", ""],
    node.pinned != null && ["flag", "Pinned output: used in tests, ignored in production", "pin", "pinned"],
    node.mock && node.pinned == null && ["flask-conical", `In trial runs it ${MOCKS[node.mock.source ?? "value"]}`, "", "mock"],
    kind.group === "People" && ["hand", "Asks people", ""],
    model && model !== summaryOf(kind, node) && ["cpu", `Model: ${model}`, "", model],
    resting && ["circle-pause", resting, "problem", "model rests"],
    budget && ["wallet", `Spends at most $${budget} on models`, "", `≤ $${budget}`],
    node.timeout_seconds && ["alarm-clock", `At most ${node.timeout_seconds} seconds`, "", `${node.timeout_seconds}s`],
    retries > 1 && ["rotate-cw", `Up to ${retries} attempts`, "", `×${retries}`],
    node.note && ["sticky-note", node.note, ""],
    live?.visits > 1 && ["repeat", `Visited ${live.visits} times`, "", `${live.visits}`],
    live?.attempt > 1 && live.state !== "succeeded" && ["rotate-cw", `Attempt ${live.attempt}`, "", `#${live.attempt}`],
  ].filter(Boolean);
  if (!shown.length) return null;
  return (
    <div className="qc-badges">
      {shown.map(([icon, title, tone, text]) => (
        <span key={icon + title} className="qc-badge" data-tone={tone} title={title}>
          <Icon name={icon} size={11} />
          {text && <span className="qc-clip">{text}</span>}
        </span>
      ))}
    </div>
  );
}

function LiveLine({ live, decideHref }) {
  if (live.state === "failed" || live.cause) {
    return <div className="qc-cause" title={live.cause}>{live.cause}</div>;
  }
  if (live.state === "waiting_person") {
    return (
      <div className="qc-line qc-ask">
        <span className="qc-clip">Waiting for a decision</span>
        {decideHref && <Link className="qc-decide nodrag" to={decideHref}>Decide</Link>}
      </div>
    );
  }
  if (live.text) return <div className="qc-line qc-clip qc-tail"><bdi>{live.text.slice(-120)}</bdi></div>;
  if (live.message) return <div className="qc-line qc-clip">{live.message}</div>;
  return null;
}

function PortRows({ node, kind, ports, connectable }) {
  return (
    <div className="qc-ports">
      {ports.map((port) => (
        <div key={port} className="qc-port-row" data-error={port === "error" || undefined}>
          <span className="qc-clip">{port}</span>
          <Port nodeId={node.id} name={port} carries={carries(kind)} connectable={connectable} />
        </div>
      ))}
    </div>
  );
}

/** `live` is a node's entry in a Live, `peers` are other people who selected it. */
export const NodeCard = memo(function NodeCard({ node, kind, selected, live, problems = 0, peers, connectable = true, decideHref, title, undoes, undoneBy, dirty, missing, resting, play }) {
  const ports = portsOf(kind, node);
  const single = ports.length === 1 && ports[0] === "out";
  const state = live?.state ?? null;
  const line = (live && state && LiveLine({ live, decideHref })) || null;
  const summary = summaryOf(kind, node);
  return (
    <div
      className="qc-card"
      data-testid={`node-${node.id}`}
      data-kind={kind.name}
      data-shape={shapeOf(kind)}
      data-missing={missing ? true : undefined}
      data-selected={selected || undefined}
      data-disabled={node.disabled || undefined}
      data-dirty={dirty || undefined}
      data-undoes={Boolean(undoes) || undefined}
      data-state={state ?? undefined}
      style={{ "--qc-tint": tint(kind.group), "--qc-state": stateColour(state), "--qc-peer": peers?.[0]?.color }}
      data-peer={peers?.length ? peers.map((peer) => peer.name).join(", ") : undefined}
    >
      {BUSY.has(state) && <span className="qc-running" data-known={live.fraction != null || undefined} style={{ "--qc-part": live.fraction ?? 0.4 }} />}
      <div className="qc-head">
        <Tile kind={kind} />
        <span className="qc-name qc-clip" title={node.name || kind.title}>{title ?? (node.name || kind.title)}</span>
        {state && state !== "skipped" && <Elapsed since={live.startedAt} until={live.finishedAt} />}
        <StateMark state={state} />
        {hasInput(kind) && <Port nodeId={node.id} name="in" type="target" carries={kind.takes} connectable={connectable} />}
        {single && <Port nodeId={node.id} name="out" carries={carries(kind)} connectable={connectable} />}
      </div>
      {line ?? <div className="qc-line qc-clip" data-empty={!summary || undefined} title={summary}>{summary || (node.name && node.name !== kind.title ? kind.title : kind.help.split("\n")[0])}</div>}
      {!single && ports.length > 0 && <PortRows node={node} kind={kind} ports={ports} connectable={connectable} />}
      <Badges node={node} kind={kind} problems={problems} live={live} undoes={undoes} undoneBy={undoneBy} dirty={dirty} missing={missing} resting={resting} />
      {play}
    </div>
  );
});
