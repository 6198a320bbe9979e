// Makes man/netoproc-record.5 from schemas/: the page of the wire format cannot say anything else than the schemas.

const order = [
  'hello',
  'packet',
  'dns',
  'server_name',
  'socket',
  'process',
  'connection',
  'interface',
  'dns_query',
  'resolver',
  'interval',
  'stats',
]

/** mdoc: a leading dot or quote begins a request, a backslash an escape. */
const text = string =>
  string
    .replaceAll('\\', '\\e')
    .replace(/^(['.])/gm, '\\&$1')
    .replaceAll('"', '\\(dq')

/** A new sentence, a new line, and lines of at most 80 bytes: what mandoc -Tlint asks for. */
function prose(string) {
  const lines = []
  for (const sentence of string.split(/(?<=[.:]) (?=[A-Z0-9])/)) {
    let line = ''
    for (const word of sentence.split(' ')) {
      if (line !== '' && Buffer.byteLength(text(`${line} ${word}`)) > 78) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines.map(text)
}

const deref = (schema, fields) => {
  if (!schema.$ref) return schema
  const { $ref, ...own } = schema
  return { ...fields.$defs[$ref.split('/').at(-1)], ...own }
}

function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const values = schema.enum?.map(value => (value === null ? 'null' : String(value)))
  if (values) return values.join(' | ')
  return [].concat(schema.type).join(' or ')
}

function rangeOf(schema) {
  const { minimum, maximum } = schema
  if (schema.enum || maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER || minimum < -1e9) return ''
  return `, ${minimum}..${maximum}`
}

function fieldLines(name, raw, fields, required) {
  const schema = deref(raw, fields)
  const lines = [
    `.It Va ${name} Pq ${text(typeOf(schema))}${rangeOf(schema)}${required ? '' : ', optional'}`,
    ...(schema.description ? prose(schema.description) : []),
  ]
  const item = schema.items && deref(schema.items, fields)
  if (item?.properties) {
    lines.push('Each has', '.Bl -tag -width Ds -compact')
    for (const [key, value] of Object.entries(item.properties))
      lines.push(...fieldLines(key, value, fields, item.required?.includes(key)))
    lines.push('.El')
  }
  return lines.filter(line => line !== '')
}

export function recordPage({ fields, records }) {
  const lines = [
    '.\\" Generated from schemas/ by "npm run generate". Do not edit.',
    '.Dd November 23, 2026',
    '.Dt NETOPROC-RECORD 5',
    '.Os',
    '.Sh NAME',
    '.Nm netoproc-record',
    '.Nd records that netoproc commands exchange',
    '.Sh DESCRIPTION',
    'The commands of',
    '.Xr netoproc 1',
    'read and write NDJSON: one JSON object a line, UTF-8, ended by a newline.',
    'Every record has a',
    '.Va type',
    'and a',
    '.Va ts ;',
    'each type has a JSON Schema (draft 2020-12) in the',
    '.Pa schemas',
    'folder of the package.',
    '.Pp',
    ...prose(
      'A consumer passes on, untouched and in order, a record whose type it does not know, and keeps fields that it does not know.',
    ),
    'Integers above 2^53 do not occur; cookies and inodes are decimal strings.',
    'A line of more than 1 MiB is malformed.',
    '.Pp',
    ...prose(
      'Over any run, the rx and tx bytes of all process records, unknown included, add up to what capture saw (a packet between two processes of this host twice: sent by one, received by the other).',
    ),
    'Packets that the kernel dropped before capture are counted beside it.',
  ]
  for (const type of order) {
    const schema = records.find(record => record.properties.type.const === type)
    lines.push(`.Sh THE ${type.toUpperCase()} RECORD`, ...prose(schema.description), '.Bl -tag -width Ds')
    for (const [name, value] of Object.entries(schema.properties)) {
      if (name === 'type') continue
      lines.push(...fieldLines(name, value, fields, schema.required.includes(name)))
    }
    lines.push('.El', '.Pp', 'Example:', '.Bd -literal -offset indent')
    for (const example of schema.examples) lines.push(...literal(JSON.stringify(example)))
    lines.push('.Ed')
  }
  lines.push(
    '.Sh SEE ALSO',
    '.Xr netoproc 1 ,',
    '.Xr netoproc-aggregate 1 ,',
    '.Xr netoproc-attribute 1 ,',
    '.Xr netoproc-capture 1 ,',
    '.Xr netoproc-render 1 ,',
    '.Xr netoproc-sockets 1',
  )
  return `${lines.join('\n')}\n`
}

/** A long line, broken at commas for the page; the record itself is one line. */
function literal(json) {
  const out = []
  let line = ''
  for (const part of json.split(/(?<=,)(?=")/)) {
    if (line !== '' && line.length + part.length > 72) {
      out.push(line)
      line = ' '
    }
    line += part
  }
  return [...out, line].map(text)
}
