// Reads a deployment with polkadot-js, a client that knows nothing of this project: `node read.mjs ENDPOINT BUNDLES DEPLOYMENT.json`.
// Prints one line of JSON: the events and messages that it could read by the bundles' metadata, those it couldn't, and who owns the last coupon that moved.
import { readFileSync } from 'node:fs'
import { ApiPromise, WsProvider } from '@polkadot/api'
import { Abi, ContractPromise } from '@polkadot/api-contract'

const [endpoint, bundles, file] = process.argv.slice(2)
if (!file) {
  console.error('usage: node read.mjs ENDPOINT BUNDLES DEPLOYMENT.json')
  process.exit(64)
}

const api = await ApiPromise.create({ provider: new WsProvider(endpoint), noInitWarn: true })
const deployment = JSON.parse(readFileSync(file, 'utf8'))
const contracts = new Map()
for (const [name, { address, code_hash: codeHash }] of Object.entries(deployment.contracts)) {
  const bundle = JSON.parse(readFileSync(`${bundles}/${name}.contract`, 'utf8'))
  const abi = new Abi(bundle, api.registry.getChainProperties())
  if (abi.info.source.wasmHash.toHex() !== codeHash) throw new Error(`${name}'s bundle is of other code`)
  contracts.set(address, { name, abi })
}

const [events, messages, undecoded] = [[], [], []]
let last
const first = Math.min(...deployment.made.map(({ block }) => block))
const head = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber()
for (let number = first; number <= head; number += 1) {
  const hash = await api.rpc.chain.getBlockHash(number)
  const { block } = await api.rpc.chain.getBlock(hash)
  const at = await api.at(hash)
  for (const record of await at.query.system.events()) {
    if (!at.events.contracts.ContractEmitted.is(record.event)) continue
    const contract = contracts.get(record.event.data[0].toString())
    if (!contract) continue
    try {
      const { event, args } = contract.abi.decodeEvent(record)
      events.push(`${contract.name}::${event.identifier.split('::').pop()}`)
      if (contract.name === 'registry' && event.identifier.endsWith('Transfer')) last = args[event.args.findIndex(({ name }) => name === 'id')]
    } catch (fault) {
      undecoded.push(`block ${number}, an event of the ${contract.name}: ${fault.message}`)
    }
  }
  for (const { method } of block.extrinsics) {
    if (method.section !== 'contracts' || method.method !== 'call') continue
    const contract = contracts.get(method.args[0].toString())
    if (!contract) continue
    try {
      const { message } = contract.abi.decodeMessage(method.args[4].toU8a())
      messages.push(`${contract.name}::${message.identifier}`)
    } catch (fault) {
      undecoded.push(`block ${number}, a message to the ${contract.name}: ${fault.message}`)
    }
  }
}

const [address, { abi }] = [...contracts].find(([, { name }]) => name === 'registry')
const registry = new ContractPromise(api, abi, address)
const ask = Object.keys(registry.query).find((name) => /^psp34::ownerOf$/i.test(name))
const gasLimit = api.registry.createType('WeightV2', { refTime: 100_000_000_000, proofSize: 1_000_000 })
const { result, output } = await registry.query[ask](address, { gasLimit }, last)
if (result.isErr) throw new Error(`${ask}: ${result.asErr}`)
const owner = output.toJSON()
console.log(JSON.stringify({ events: [...new Set(events)], messages: [...new Set(messages)], undecoded, owner: owner?.ok ?? owner }))
await api.disconnect()
