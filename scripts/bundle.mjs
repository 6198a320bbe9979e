// Puts the modules of each command into few files, dist/bundle/<command>/, that bin/ loads: to find and compile some hundred
// modules, one by one, takes longer than what they do then (test/bench/start.bench.ts). Parts that are loaded only where they
// are needed (import()) stay files of their own. Run by `npm run build`, behind tsc: the modules in dist/ are what other
// programs import (package.json, exports).

import { readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')

/** From a folder of bundles to where tsc has put a module. */
function compiledFrom(folder, source) {
  return relative(folder, join(root, 'dist', relative(src, source))).replace(/\.ts$/, '.js')
}

/** A module that looks for a file beside it finds the one that is beside it in dist/. */
const ownPlaces = folder => ({
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const place = `new URL('${compiledFrom(folder, path)}', import.meta.url)`
      return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' }
    })
  },
})

/** Half a megabyte that only --strict needs: the module in dist/ will do for every command. */
const validatorsApart = folder => ({
  name: 'validators apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/generated\/validate\.ts$/ }, ({ path, resolveDir }) => ({
      path: compiledFrom(folder, join(resolveDir, path)),
      external: true,
    }))
  },
})

/** yargs opens the standard output for parts of it that are not used here. */
const parserAlone = {
  name: 'parser alone',
  setup({ onResolve }) {
    onResolve({ filter: /\/platform-shims\/esm\.mjs$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      sideEffects: false,
    }))
  },
}

/** @returns the files that went in, from the top of the package */
async function bundle(command) {
  const outdir = join(root, 'dist/bundle', command)
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `export { command } from './${command.replace('netoproc-', '')}.ts'\nexport { run } from './run.ts'\n`,
      resolveDir: join(src, 'cli'),
      sourcefile: 'command.ts',
      loader: 'ts',
    },
    outdir,
    entryNames: 'command',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Has a binary for each platform, which it looks for from where it is.
    external: ['koffi'],
    plugins: [ownPlaces(outdir), validatorsApart(outdir), parserAlone],
    metafile: true,
    logLevel: 'warning',
  })
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  )
}

/** What those who wrote the packages ask of who passes them on, these packages being among the files. */
async function licences(files) {
  const folders = files.flatMap(path => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  const texts = [...new Set(folders)].sort().map(async folder => {
    const { name, version } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
    const file = (await readdir(join(root, folder))).find(each => /^licen[cs]e/i.test(each))
    if (file === undefined) throw new Error(`${folder} has no licence that could be passed on`)
    return `${name} ${version}\n\n${(await readFile(join(root, folder, file), 'utf8')).trim()}\n`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}

const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const files = await Promise.all(Object.keys(bin).map(bundle))
await writeFile(join(root, 'dist/bundle/LICENSES.txt'), await licences(files.flat()))
