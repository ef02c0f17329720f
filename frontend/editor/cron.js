// Lines of cron as choices and as words.

export const OFTEN = [["never", "Never"], ["hour", "Every hour"], ["day", "Every day"], ["workday", "On workdays"], ["week", "Every week"], ["month", "Every month"], ["own", "As written"]];
export const DAYS = [[1, "Monday"], [2, "Tuesday"], [3, "Wednesday"], [4, "Thursday"], [5, "Friday"], [6, "Saturday"], [0, "Sunday"]];
const USUAL = { minute: 0, hour: 9, day: 1, weekday: 1 };
const PART = /^(\*|(\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?)(\/[1-9]\d*)?$/;

const number = (text) => (/^\d+$/.test(text) ? Number(text) : null);

/** What a line says, as far as it can be chosen; anything else is `own`. */
export function read(line) {
  const parts = line.trim().split(/\s+/);
  if (!line.trim()) return { often: "never", ...USUAL };
  if (parts.length !== 5) return { often: "own", ...USUAL };
  const [minute, hour, day, , weekday] = parts.map(number);
  const [, hours, days, months, weekdays] = parts;
  const told = { ...USUAL, minute: minute ?? USUAL.minute, hour: hour ?? USUAL.hour, day: day ?? USUAL.day, weekday: weekday === null ? USUAL.weekday : weekday % 7 };
  if (minute === null || months !== "*") return { ...told, often: "own" };
  if (hours === "*" && days === "*" && weekdays === "*") return { ...told, often: "hour" };
  if (hour === null) return { ...told, often: "own" };
  if (days === "*" && weekdays === "*") return { ...told, often: "day" };
  if (days === "*" && weekdays === "1-5") return { ...told, often: "workday" };
  if (days === "*" && weekday !== null) return { ...told, often: "week" };
  if (day !== null && weekdays === "*") return { ...told, often: "month" };
  return { ...told, often: "own" };
}

export function lineOf({ often, minute, hour, day, weekday }) {
  return {
    hour: `${minute} * * * *`,
    day: `${minute} ${hour} * * *`,
    workday: `${minute} ${hour} * * 1-5`,
    week: `${minute} ${hour} * * ${weekday}`,
    month: `${minute} ${hour} ${day} * *`,
  }[often] ?? "";
}

/** A sentence for people; empty where the line is none. */
export function wordsOf(line) {
  const parts = line.trim().split(/\s+/);
  if (parts.length !== 5 || !parts.every((part) => part.split(",").every((one) => PART.test(one)))) return "";
  const { often, minute, hour, day, weekday } = read(line);
  const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  return {
    hour: `Every hour, ${minute} minute${minute === 1 ? "" : "s"} past`,
    day: `Every day at ${time}`,
    workday: `From Monday to Friday at ${time}`,
    week: `Every ${DAYS.find(([of]) => of === weekday)[1]} at ${time}`,
    month: `On day ${day} of every month at ${time}`,
    own: `Minute ${parts[0]}, hour ${parts[1]}, day ${parts[2]}, month ${parts[3]}, weekday ${parts[4]}`,
  }[often];
}
