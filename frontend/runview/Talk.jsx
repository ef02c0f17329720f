// The discussion of a step in its panel: a board with what was written on it, turns in their rounds, or a way from hand to hand.
import { useMemo } from "react";
import { goesOn, talksOf, titleOf } from "./talk.js";

const AIM = { hands_over: (one) => `→ ${one.to}`, judges: () => "decides", closes: () => "sums up" };

export function Talk({ events, step }) {
  const talk = useMemo(() => talksOf(events).get(step.key), [events, step.key]);
  if (!talk) return null;
  const [title, inRounds] = [titleOf(talk), !goesOn(talk)];
  return (
    <section className="qv-talk" aria-label={title} data-testid="talk">
      <h3>{title}</h3>
      <ol>
        {talk.map((one, at) => (
          <li key={one.seq} data-sort={one.sort}>
            {inRounds && one.round > 0 && one.round !== talk[at - 1]?.round && <h4>Round {one.round}</h4>}
            <div>
              <p className="qv-talk-who"><b>{one.from}</b> {AIM[one.sort]?.(one)}</p>
              {one.reason && <p className="qv-talk-why">because {one.reason}</p>}
              {one.text && <p className="qv-talk-text">{one.text}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
