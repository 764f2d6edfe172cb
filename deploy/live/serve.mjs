// Serves a development chain on 127.0.0.1: `node serve.mjs GENESIS.json [PORT [MODE]]`, or a fork of another: `node serve.mjs wss://NODE [PORT [MODE]]`. Each transaction
// is a block at once, which is final; in the mode Manual it waits until it is told to make one. On a fork too there are people with money whose keys anyone can derive.
// Prints one line of JSON, `{"endpoint": "ws://…"}`, once it answers, and runs until it is stopped.
import { readFileSync } from 'node:fs'
import { setupWithServer } from '@acala-network/chopsticks'
import { setStorage, timeTravel } from '@acala-network/chopsticks-core'
import { Keyring } from '@polkadot/keyring'
import { cryptoWaitReady } from '@polkadot/util-crypto'

const HOST = '127.0.0.1'
// Contracts begin in the present, not in 1970.
const START = Date.now()
const ENDOWED = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie']
// In whole tokens.
const ENDOWMENT = 1_000_000n

const [source, port = '0', mode = 'Instant'] = process.argv.slice(2)
if (!source) {
  console.error('usage: node serve.mjs GENESIS.json|ws://NODE|wss://NODE [PORT [MODE]]')
  process.exit(64)
}

const CHILD = '0x3a6368696c645f73746f726167653a64656661756c743a'

/** The genesis has no child storage, in which contracts live. Its provider throws when asked, rather than say so. */
function withoutChildrenAtGenesis(chain) {
  const { api } = chain
  const [send, getKeysPaged] = [api.send.bind(api), api.getKeysPaged.bind(api)]
  api.send = async (method, params, cacheable) =>
    method.startsWith('childstate_') ? null : send(method, params, cacheable)
  api.getKeysPaged = async (prefix, ...rest) => (prefix.startsWith(CHILD) ? [] : getKeysPaged(prefix, ...rest))
}

/** Makes the people of development chains rich on a fork. */
async function endow(chain) {
  await cryptoWaitReady()
  const keyring = new Keyring({ type: 'sr25519' })
  const { tokenDecimals = 12 } = await chain.api.chainProperties
  const free = ENDOWMENT * 10n ** BigInt([tokenDecimals].flat()[0])
  const account = (name) => [[keyring.addFromUri(`//${name}`).address], { providers: 1, data: { free: free.toString() } }]
  await setStorage(chain, { System: { Account: ENDOWED.map(account) } })
}

const isFork = /^wss?:/.test(source)
const { chain, addr, close } = await setupWithServer({
  ...(isFork ? { endpoint: source } : { genesis: JSON.parse(readFileSync(source, 'utf8')) }),
  host: HOST,
  port: Number(port),
  'build-block-mode': mode,
  'allow-unresolved-imports': true,
  // Blocks live in memory only: none may be forgotten while a test still reads its events.
  'max-memory-block-count': 1_000_000,
})
if (isFork) {
  await endow(chain)
} else {
  withoutChildrenAtGenesis(chain)
  await timeTravel(chain, START)
}
await chain.newBlock()

console.log(JSON.stringify({ endpoint: `ws://${addr}` }))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await close()
    process.exit(0)
  })
}
