// Serves a development chain on 127.0.0.1: `node serve.mjs GENESIS.json [PORT [MODE]]`. Each transaction is a block at once, which is final; in the
// mode Manual it waits until it is told to make one.
// Prints one line of JSON, `{"endpoint": "ws://…"}`, once it answers, and runs until it is stopped.
import { readFileSync } from 'node:fs'
import { setupWithServer } from '@acala-network/chopsticks'
import { timeTravel } from '@acala-network/chopsticks-core'

const HOST = '127.0.0.1'
// Contracts begin in the present, not in 1970.
const START = Date.now()

const [genesis, port = '0', mode = 'Instant'] = process.argv.slice(2)
if (!genesis) {
  console.error('usage: node serve.mjs GENESIS.json [PORT [MODE]]')
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

const { chain, addr, close } = await setupWithServer({
  genesis: JSON.parse(readFileSync(genesis, 'utf8')),
  host: HOST,
  port: Number(port),
  'build-block-mode': mode,
  'allow-unresolved-imports': true,
  // Blocks live in memory only: none may be forgotten while a test still reads its events.
  'max-memory-block-count': 1_000_000,
})
withoutChildrenAtGenesis(chain)
await timeTravel(chain, START)
await chain.newBlock()

console.log(JSON.stringify({ endpoint: `ws://${addr}` }))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await close()
    process.exit(0)
  })
}
