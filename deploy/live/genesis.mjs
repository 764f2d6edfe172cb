// Writes the raw chain spec of a development chain: `node genesis.mjs RUNTIME.wasm OUT.json`.
// The runtime itself says what its genesis holds, so nothing here knows how its pallets store things.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { destroyWorker, runTask } from '@acala-network/chopsticks-core'
import { Keyring } from '@polkadot/keyring'
import { bnToU8a, compactAddLength, hexToU8a, stringToU8a, u8aConcat, u8aToHex, u8aToString } from '@polkadot/util'
import { cryptoWaitReady, xxhashAsU8a } from '@polkadot/util-crypto'

const ENDOWED = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie']
const UNIT = 1_000_000_000_000n
const ENDOWMENT = 1_000_000n * UNIT
// 1 January 2026. A genesis without a time makes the first block fail now and then: its slot and its time are taken from the clock one after the other.
const TIME = 1_767_225_600_000

const nothing = { getStorage: async () => undefined, getNextKey: async () => undefined }

/** Calls the runtime on an empty state. */
async function call(wasm, method, argument) {
  const task = {
    wasm,
    calls: [[method, [u8aToHex(argument)]]],
    mockSignatureHost: false,
    allowUnresolvedImports: true,
    runtimeLogLevel: 0,
  }
  const answer = await runTask(task, nothing)
  if (!('Call' in answer)) throw new Error(`${method}: ${answer.Error}`)
  return answer.Call
}

/** The bytes of a SCALE `Option<Vec<u8>>`. */
function optionalBytes(hex) {
  const bytes = hexToU8a(hex)
  if (bytes[0] !== 1) throw new Error('the runtime gives no default genesis')
  const mode = bytes[1] & 3
  return bytes.subarray(1 + (mode === 0 ? 1 : mode === 1 ? 2 : 4))
}

/** JSON with amounts written out: they pass what a JavaScript number holds. */
const json = (value) =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)).replace(/"(\d+)n"/g, '$1')

const [runtime, out] = process.argv.slice(2)
if (!out) {
  console.error('usage: node genesis.mjs RUNTIME.wasm OUT.json')
  process.exit(64)
}

await cryptoWaitReady()
const keyring = new Keyring({ type: 'sr25519', ss58Format: 42 })
const [alice, ...others] = ENDOWED.map((name) => keyring.addFromUri(`//${name}`).address)
const wasm = u8aToHex(readFileSync(runtime))

const preset = await call(wasm, 'GenesisBuilder_get_preset', new Uint8Array([0]))
const config = JSON.parse(u8aToString(optionalBytes(preset.result)))
config.balances.balances = [alice, ...others].map((account) => [account, ENDOWMENT])
config.sudo.key = alice
const built = await call(wasm, 'GenesisBuilder_build_state', compactAddLength(stringToU8a(json(config))))
if (built.result !== '0x00') throw new Error(`the runtime refuses the genesis: ${u8aToString(hexToU8a(built.result))}`)

const top = Object.fromEntries(built.storageDiff.filter(([, value]) => value !== null))
top[u8aToHex(stringToU8a(':code'))] = wasm
const now = u8aConcat(xxhashAsU8a('Timestamp', 128), xxhashAsU8a('Now', 128))
top[u8aToHex(now)] = u8aToHex(bnToU8a(TIME, { bitLength: 64, isLe: true }))
const spec = {
  id: 'couponry-live',
  name: 'Couponry live development chain',
  properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'UNIT' },
  genesis: { raw: { top } },
}
writeFileSync(`${out}.part`, JSON.stringify(spec))
renameSync(`${out}.part`, out)
console.log(`${Object.keys(top).length} items at genesis, ${ENDOWED.join(', ')} endowed`)
await destroyWorker()
process.exit(0)
