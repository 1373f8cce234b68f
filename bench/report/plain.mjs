// A table of plain cells for a terminal.

/** Prints rows of cells under headings, in columns as wide as they need; text is aligned left, numbers right. */
export function printTable(headings, rows) {
  const cells = rows.map((row) => row.map(String))
  const widths = headings.map((heading, at) => Math.max(heading.length, ...cells.map((row) => row[at].length)))
  const isNumber = headings.map((_, at) => rows.every((row) => typeof row[at] === 'number'))
  const line = (row) => row.map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
  for (const row of [headings, ...cells]) console.log(line(row).join('  ').trimEnd())
}
