// The agents that will work in a node in which several do, below its card.

const namesOf = (list, name) => (Array.isArray(list) ? list.map(name).filter((one) => typeof one === "string" && one) : []);

/** Those that the node describes, and those of the team that it names. */
export function Members({ config }) {
  const names = [...new Set([...namesOf(config?.members, (one) => one?.name), ...namesOf(config?.agents, (one) => one)])];
  if (!names.length) return null;
  return (
    <ul className="qe-members" aria-label="Agents of this node" data-testid="members">
      {names.map((name) => <li key={name}>{name}</li>)}
    </ul>
  );
}
