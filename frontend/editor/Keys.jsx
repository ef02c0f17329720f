// Keys as people see them on a keyboard.

import { shown } from "./commands.js";

export function Keys({ keys }) {
  return <span className="qe-keys">{shown(keys).map((key) => <kbd key={key}>{key}</kbd>)}</span>;
}
