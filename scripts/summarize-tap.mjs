// Reads TAP on standard input: prints the names of failed and skipped tests, or with --counts "PASSED FAILED".
// Counts leaf assertions: the line of a subtest is not counted beside the assertions in it, unless it has none (a file that
// could not be started).
let text = ''
for await (const chunk of process.stdin) text += chunk
/** Names of the open subtests by depth, and whether an assertion was seen in each. */
const open = []
const shown = []
let passed = 0
let failed = 0
for (const line of text.split('\n')) {
  const subtest = /^((?: {4})*)# Subtest: (.*)$/.exec(line)
  const point = /^((?: {4})*)(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO)\b(.*?)| # time=\S+)?( \{)?$/.exec(
    line,
  )
  if (subtest) {
    const depth = subtest[1].length / 4
    open.length = depth
    open[depth] = { name: subtest[2], asserted: false }
  } else if (point) {
    const [, indent, notOk, label = '', directive, reason = '', brace] = point
    const depth = indent.length / 4
    const closes = open[depth] !== undefined && open.length > depth && open[depth].name === label
    const isLeaf = !brace && !(closes && open[depth].asserted)
    const name = [...open.slice(0, depth).map(parent => parent.name), label].join(' > ')
    for (const parent of open.slice(0, depth)) parent.asserted = true
    if (directive) shown.push(`${directive.toLowerCase()}: ${name}:${reason}`)
    else if (isLeaf && notOk) shown.push(`FAILED: ${name}`)
    if (isLeaf && !directive && notOk) failed++
    if (isLeaf && !directive && !notOk) passed++
    open.length = depth
    if (brace) open[depth] = { name: label, asserted: false }
  }
}
process.stdout.write(process.argv.includes('--counts') ? `${passed} ${failed}\n` : `${shown.join('\n')}\n`)
