// Finds kinds and commands by a few letters: every letter in order, better the closer and the nearer to a word's start.

function score(text, query) {
  const words = text.toLowerCase();
  const whole = words.indexOf(query);
  if (whole >= 0) return 1000 - whole * 2 - words.length + (whole === 0 || /\W/.test(words[whole - 1]) ? 200 : 0);
  let at = -1;
  let total = 0;
  for (const letter of query) {
    const next = words.indexOf(letter, at + 1);
    if (next < 0) return -1;
    total += next === at + 1 ? 6 : next === 0 || /\W/.test(words[next - 1]) ? 4 : 0;
    at = next;
  }
  return total - words.length / 20;
}

/** `texts` gives the texts of an entry, the most telling first. */
export function found(all, query, texts) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return all;
  const scored = all.map((entry) => {
    const scores = texts(entry).map((text, i) => (text ? score(text, wanted) - i * 150 : -1));
    return [Math.max(...scores), entry];
  });
  return scored.filter(([points]) => points > 0).sort((a, b) => b[0] - a[0]).map(([, entry]) => entry);
}
