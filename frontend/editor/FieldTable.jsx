// Fields with what they were and what they are.

const words = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** Common text at both ends of two values is shown plainly, what differs between is marked. */
function ends(one, other) {
  const least = Math.min(one.length, other.length);
  let [head, tail] = [0, 0];
  while (head < least && one[head] === other[head]) head += 1;
  while (tail < least - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  return [head, tail];
}

function Side({ text, head, tail, how }) {
  if (text === "") return null;
  const end = text.length - tail;
  const middle = text.slice(head, end);
  const Mark = how === "removed" ? "del" : "ins";
  return <pre className={`qe-side qe-side-${how}`}>{text.slice(0, head)}{middle && <Mark>{middle}</Mark>}{text.slice(end)}</pre>;
}

export function FieldTable({ fields, titleOf = (path) => path }) {
  return (
    <dl className="qe-fields-differ" data-testid="field-changes">
      {fields.map(({ path, before, after }) => {
        const [one, other] = [words(before), words(after)];
        const [head, tail] = one && other ? ends(one, other) : [0, 0];
        return (
          <div key={path}>
            <dt>{titleOf(path)}</dt>
            <dd>
              <Side text={one} head={head} tail={tail} how="removed" />
              <Side text={other} head={head} tail={tail} how="added" />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
