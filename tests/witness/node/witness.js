// What Hyperledger's Node client sees of a network. Takes one argument, a JSON object:
// {channel, chaincode, mspId, msp, endpoint, serverName, tlsRoots, bootstrap}; msp is a folder, tlsRoots a PEM file.
// Prints one line of JSON for each check. What the values must be is the caller's business.
'use strict';

const { createPrivateKey } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

const SUBMIT = 'Market:Bootstrap';
const QUERY = 'Query:Market';
const ENDORSERS = ['GridMSP', 'RegulatorMSP', 'EnergyMSP'];
const BLOCKS = 3;
const CALL_MS = 60_000;

const asked = JSON.parse(process.argv[2]);
const text = (bytes) => Buffer.from(bytes).toString('utf8');
const report = (check, seen) => console.log(JSON.stringify({ check, ...seen }));
const limit = () => ({ deadline: Date.now() + CALL_MS });

/** The one file of an MSP's folder. */
function only(folder) {
    const names = fs.readdirSync(path.join(asked.msp, folder));
    if (names.length !== 1) {
        throw new Error(`${folder} of ${asked.msp} holds ${names.length} files`);
    }
    return fs.readFileSync(path.join(asked.msp, folder, names[0]));
}

function dial() {
    const roots = fs.readFileSync(asked.tlsRoots);
    return new grpc.Client(asked.endpoint, grpc.credentials.createSsl(roots), {
        'grpc.ssl_target_name_override': asked.serverName,
        'grpc.default_authority': asked.serverName,
    });
}

function open(client) {
    return connect({
        client,
        identity: { mspId: asked.mspId, credentials: only('signcerts') },
        signer: signers.newPrivateKeySigner(createPrivateKey(only('keystore'))),
        hash: hash.sha256,
        evaluateOptions: limit,
        endorseOptions: limit,
        submitOptions: limit,
        commitStatusOptions: limit,
        chaincodeEventsOptions: limit,
        blockEventsOptions: limit,
    });
}

async function refusedQuery(contract) {
    try {
        const reply = await contract.evaluateTransaction(QUERY, '{}');
        report('refused_query', { reply: text(reply) });
    } catch (error) {
        report('refused_query', { code: error.code, message: error.message, details: error.details });
    }
}

async function bootstrap(contract) {
    const commit = await contract.submitAsync(SUBMIT, {
        arguments: [JSON.stringify(asked.bootstrap)],
        endorsingOrganizations: ENDORSERS,
    });
    const status = await commit.getStatus();
    report('submit', {
        transactionId: commit.getTransactionId(),
        successful: status.successful,
        block: Number(status.blockNumber),
        reply: text(commit.getResult()),
    });
}

async function query(contract) {
    report('query', { reply: text(await contract.evaluateTransaction(QUERY, '{}')) });
}

/** Reads so many of a stream, and ends the call. */
async function first(count, stream, read) {
    let seen = 0;
    try {
        for await (const one of stream) {
            read(one);
            seen += 1;
            if (seen === count) {
                return;
            }
        }
    } finally {
        stream.close();
    }
    throw new Error(`the stream ended after ${seen} of ${count}`);
}

function reportEvent(event) {
    report('event', {
        name: event.eventName,
        chaincode: event.chaincodeName,
        transactionId: event.transactionId,
        block: Number(event.blockNumber),
        payload: text(event.payload),
    });
}

function reportBlock(block) {
    const envelopes = block.getData().getDataList().length;
    report('block', { number: block.getHeader().getNumber(), envelopes });
}

async function main() {
    const client = dial();
    const gateway = open(client);
    try {
        const network = gateway.getNetwork(asked.channel);
        const contract = network.getContract(asked.chaincode);
        await refusedQuery(contract);
        await bootstrap(contract);
        await query(contract);
        await first(1, await network.getChaincodeEvents(asked.chaincode, { startBlock: 0n }), reportEvent);
        await first(BLOCKS, await network.getBlockEvents({ startBlock: 0n }), reportBlock);
    } finally {
        gateway.close();
        client.close();
    }
}

main().catch((error) => {
    console.error(error, JSON.stringify(error.details));
    process.exitCode = 1;
});
