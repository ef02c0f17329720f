// Icons by their lucide name: the usual ones are at hand, any other is fetched once when a kind asks for it.

import { memo, useEffect, useState } from "react";
import * as known from "./icons_known.js";

const byName = new Map(Object.entries(known).map(([name, icon]) => [kebab(name), icon]));
let rest = null;

function kebab(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([a-z])([0-9])/g, "$1-$2").toLowerCase();
}

/** `name` as in lucide's own list, such as "git-branch". */
export const Icon = memo(function Icon({ name, size = 16, ...rest_ }) {
  const [, redraw] = useState(0);
  const Found = byName.get(name);
  useEffect(() => {
    if (byName.has(name)) return undefined;
    let gone = false;
    rest ??= import("./icons_all.js");
    rest.then(({ icons }) => {
      for (const [key, icon] of Object.entries(icons)) if (!byName.has(kebab(key))) byName.set(kebab(key), icon);
      if (!byName.has(name)) byName.set(name, known.Box);
      if (!gone) redraw((n) => n + 1);
    }, () => {
      rest = null; // nobody is online; the next icon asks again
    });
    return () => {
      gone = true;
    };
  }, [name]);
  if (!Found) return <span style={{ width: size, height: size, display: "inline-block" }} aria-hidden />;
  return <Found size={size} strokeWidth={1.75} aria-hidden {...rest_} />;
});
