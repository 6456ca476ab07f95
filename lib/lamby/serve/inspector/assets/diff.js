// Compares two texts line by line.

// With more changes than this, the texts are too different for a useful comparison.
const MOST_CHANGES = 600;

/**
 * Returns the lines of both texts, as [["same"|"removed"|"added", line]].
 * This is Myers' algorithm: http://www.xmailserver.org/diff2.pdf
 */
export function diff(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const trace = search(a, b);
  if (!trace) return [...a.map((line) => ["removed", line]), ...b.map((line) => ["added", line])];
  const result = [];
  let [x, y] = [a.length, b.length];
  for (let changes = trace.length - 1; changes >= 0; changes--) {
    const furthest = trace[changes];
    const k = x - y;
    const down = k === -changes || (k !== changes && get(furthest, k - 1) < get(furthest, k + 1));
    const previous = down ? k + 1 : k - 1;
    const [startX, startY] = [get(furthest, previous), get(furthest, previous) - previous];
    while (x > startX && y > startY) {
      result.push(["same", a[--x]]);
      y--;
    }
    if (changes > 0) result.push(x === startX ? ["added", b[--y]] : ["removed", a[--x]]);
  }
  return result.reverse();
}

const get = (furthest, k) => furthest.get(k) ?? -1;

// Returns, for each number of changes, how far each diagonal reached before.
function search(a, b) {
  const furthest = new Map([[1, 0]]);
  const trace = [];
  for (let changes = 0; changes <= Math.min(a.length + b.length, MOST_CHANGES); changes++) {
    trace.push(new Map(furthest));
    for (let k = -changes; k <= changes; k += 2) {
      const down = k === -changes || (k !== changes && get(furthest, k - 1) < get(furthest, k + 1));
      let x = down ? get(furthest, k + 1) : get(furthest, k - 1) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) [x, y] = [x + 1, y + 1];
      furthest.set(k, x);
      if (x >= a.length && y >= b.length) return trace;
    }
  }
  return null;
}

/** Returns the changed lines with some lines around them. A gap is ["gap", number of lines]. */
export function hunks(lines, around = 3) {
  const near = new Uint8Array(lines.length);
  lines.forEach(([kind], position) => {
    if (kind !== "same") near.fill(1, Math.max(0, position - around), position + around + 1);
  });
  const result = [];
  lines.forEach((line, position) => {
    if (near[position]) result.push(line);
    else if (result.at(-1)?.[0] === "gap") result.at(-1)[1]++;
    else result.push(["gap", 1]);
  });
  return result;
}
