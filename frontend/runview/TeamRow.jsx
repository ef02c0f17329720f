// The agents that work in a node, below its card: who is at it, who is done, who failed, how often each had its turn, and
// what they have taken together of what they may.
import { createContext, useContext } from "react";
import { shareOf } from "./spent.js";
import { inWords } from "./team.js";

/** The teams of all nodes and what they have taken, by the node's id. */
export const Teams = createContext({ teams: new Map(), spent: new Map() });

export function TeamRow({ node, kind, running }) {
  const { teams, spent } = useContext(Teams);
  const team = teams.get(node.id);
  if (!team) return null;
  const taken = spent.get(node.id);
  return (
    <div className="qv-crew">
      <ul className="qv-team" aria-label="Agents at work" data-testid="team">
        {team.map((one) => (
          <li key={one.name} data-state={one.state} data-live={(running && one.state === "working") || undefined} title={inWords(one, running)} aria-label={inWords(one, running)}>
            <i aria-hidden="true" />
            <span>{one.name}</span>
            <small>{one.tasks}</small>
          </li>
        ))}
      </ul>
      {taken && <Spent found={shareOf(taken, { ...kind.defaults, ...node.config })} />}
    </div>
  );
}

/** A bar that fills towards the nearest limit of the node. */
function Spent({ found }) {
  if (!found) return null;
  const percent = Math.round(found.share * 100);
  return (
    <div className="qv-spent" role="meter" aria-label="Taken of the limit" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} aria-valuetext={found.words} data-testid="spent">
      <i aria-hidden="true" data-near={found.share >= 0.8 || undefined}><b style={{ width: `${Math.max(percent, 2)}%` }} /></i>
      <small>{found.words}</small>
    </div>
  );
}
