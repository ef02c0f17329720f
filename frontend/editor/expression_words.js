// The functions, methods and filters of expressions, each with its signature and a line of help; a test holds them against the server's list.

export const FUNCTIONS = {
  abs: ["abs(number)", "The number without its sign"], all: ["all(list)", "True when every entry is"], any: ["any(list)", "True when one entry is"],
  bool: ["bool(value)", "False for nothing, 0 and what is empty"], dict: ["dict(pairs)", "An object of pairs"], divmod: ["divmod(a, b)", "Whole part and rest of a division"],
  enumerate: ["enumerate(list)", "Each entry with its number, from 0"], filter: ["filter(test, list)", "The entries for which the test is true"], float: ["float(value)", "A number, from text too"],
  format: ["format(value, '.2f')", "A number or date as text"], int: ["int(value)", "A whole number, from text too"], len: ["len(value)", "How many entries or letters"],
  list: ["list(values)", "A list of them"], map: ["map(change, list)", "Each entry, changed"], max: ["max(list)", "The largest"], min: ["min(list)", "The smallest"],
  now: ["now()", "This moment as ISO text, in UTC"], range: ["range(count)", "The numbers from 0 up to it"], reversed: ["reversed(list)", "From the last to the first"],
  round: ["round(number, digits)", "Rounded to so many digits"], set: ["set(list)", "Each entry once"], sorted: ["sorted(list)", "From small to large"], str: ["str(value)", "As text"],
  sum: ["sum(list)", "All added up"], today: ["today()", "The date of today, in UTC"], tuple: ["tuple(list)", "As a fixed list"], zip: ["zip(a, b)", "The entries of two lists in pairs"],
};

export const METHODS = {
  capitalize: ["capitalize()", "The first letter large, the others small"], casefold: ["casefold()", "For comparing without regard to case"], count: ["count(part)", "How often it is in there"],
  endswith: ["endswith(part)", "Whether it ends so"], find: ["find(part)", "Where it begins, or -1"], get: ["get(name, otherwise)", "A field, or something else where it is missing"],
  index: ["index(part)", "Where it is; fails where it is not"], isalpha: ["isalpha()", "Letters only"], isdigit: ["isdigit()", "Digits only"], isspace: ["isspace()", "Blanks only"],
  items: ["items()", "Names with their values"], join: ["join(list)", "The entries with this text between them"], keys: ["keys()", "The names of an object"], lower: ["lower()", "Small letters"],
  lstrip: ["lstrip()", "Without blanks at the left"], partition: ["partition(mark)", "Before, mark and after"], removeprefix: ["removeprefix(part)", "Without it at the beginning"],
  removesuffix: ["removesuffix(part)", "Without it at the end"], replace: ["replace(old, new)", "With one part for another"], rsplit: ["rsplit(mark)", "Cut at the mark, from the right"],
  rstrip: ["rstrip()", "Without blanks at the right"], split: ["split(mark)", "Cut at the mark"], splitlines: ["splitlines()", "Line by line"], startswith: ["startswith(part)", "Whether it begins so"],
  strip: ["strip()", "Without blanks at both ends"], title: ["title()", "Each Word With A Large Letter"], upper: ["upper()", "Large letters"], values: ["values()", "The values of an object"],
  zfill: ["zfill(width)", "With zeros in front"],
};

export const FILTERS = {
  date: ["date('%d.%m.%Y')", "ISO text or seconds as a date"], default: ["default(otherwise)", "Something else where it is missing or empty"], join: ["join(', ')", "A list as one text"],
  json: ["json", "As JSON"], lower: ["lower", "Small letters"], trim: ["trim", "Without blanks at both ends"], truncate: ["truncate(80)", "At most so many letters"], upper: ["upper", "Large letters"],
};

const MOST = 8;
const argumentsOf = (signature) => /\((.+)\)/.test(signature);
const row = (before, group) => ([name, [signature, help]]) => {
  const calls = group !== "Filters" || argumentsOf(signature);
  return { path: `${before}${name}${calls ? "()" : ""}`, label: signature, help, type: "", group, back: calls && argumentsOf(signature) ? 1 : 0 };
};
const beginning = (words, start) => Object.entries(words).filter(([name]) => name.startsWith(start)).slice(0, MOST);

/** What is called by a word that begins so: filters behind `|`, methods behind a dot, else functions. */
export function wordRows({ query, filters = false }) {
  if (filters) return beginning(FILTERS, query).map(row("", "Filters"));
  const [, before, last] = /^(.*\.)?([^.]*)$/.exec(query);
  if (before) return last ? beginning(METHODS, last).map(row(before, "Methods")) : [];
  return query ? beginning(FUNCTIONS, query).map(row("", "Functions")) : [];
}
