// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// node run.js JOBS.json: runs models in ONNX Runtime's CPU provider. The file holds a list of jobs {model,
// inputs: [{name, type, dims, file}], outputs: [{name, file}]}; files hold the elements as they lie in memory. What
// came out, or the error, is written to standard output as one JSON line a job. NODE_PATH says where
// onnxruntime-node is.
'use strict';
const fs = require('fs');
const runtime = require('onnxruntime-node');

const arrays = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array, int8: Int8Array, uint8: Uint8Array,
  int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array,
  uint64: BigUint64Array, bool: Uint8Array,
};

function readTensor({type, dims, file}) {
  const bytes = new Uint8Array(fs.readFileSync(file));
  return new runtime.Tensor(type, new arrays[type](bytes.buffer), dims);
}

async function run(job) {
  // As the model states it: no fusions, one thread.
  const session = await runtime.InferenceSession.create(job.model, {
    graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4});
  const feeds = Object.fromEntries(job.inputs.map(input => [input.name, readTensor(input)]));
  const results = await session.run(feeds, job.outputs.map(output => output.name));
  return job.outputs.map(({name, file}) => {
    const {type, dims, data} = results[name];
    fs.writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return {type, dims};
  });
}

async function main() {
  for (const job of JSON.parse(fs.readFileSync(process.argv[2]))) {
    let answer;
    try {
      answer = {outputs: await run(job)};
    } catch (error) {
      answer = {error: String(error.message || error)};
    }
    console.log(JSON.stringify(answer));
  }
}

main();
