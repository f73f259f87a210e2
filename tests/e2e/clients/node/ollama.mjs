import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Ollama } from "ollama";
import * as f from "./features.mjs";

const main = createRequire(import.meta.url).resolve("ollama");
const { version } = JSON.parse(readFileSync(path.join(path.dirname(main), "../package.json")));
const client = new Ollama({ host: f.address });
const ask = (more) => client.chat({ model: f.model, messages: f.hello, options: { num_predict: 12 }, ...more });
const tool = { type: "function", function: { name: "get_weather", description: "The weather of a city.", parameters: f.parameters } };

await f.main("ollama (Node)", version, {
  async chat() {
    const answer = await ask();
    f.check(answer.message.content && answer.eval_count > 0, answer);
    f.check((await client.generate({ model: f.model, prompt: "Say hello.", options: { num_predict: 4 } })).response, "generate");
    f.check((await client.list()).models.length > 0 && (await client.ps()).models.length > 0, "models");
  },
  async stream() {
    let text = "", last;
    for await (const line of await ask({ stream: true })) {
      text += line.message.content;
      last = line;
    }
    f.check(text && last.done && last.done_reason, last);
  },
  async tools() {
    const call = { role: "assistant", content: "", tool_calls: [{ function: { name: "get_weather", arguments: { city: "Paris" } } }] };
    const result = { role: "tool", tool_name: "get_weather", content: "sunny" };
    f.check((await ask({ messages: [f.question, call, result], tools: [tool] })).message, "an answer to the result");
  },
  async "JSON schema"() {
    const answer = await ask({ messages: f.extract, format: f.person, options: { num_predict: 80 } });
    f.checkPerson(answer.message.content);
  },
  async embeddings() {
    const answer = await client.embed({ model: f.model, input: ["One text.", "Another."] });
    f.checkVectors(answer.embeddings, 2);
  },
  async cancel() {
    const stream = await ask({ stream: true, options: { num_predict: 2000 } });
    for await (const _ of stream) break;
    stream.abort();
    await f.checkCancelled();
  },
  async errors() {
    await f.refused(404, () => ask({ model: "no-such-model" }));
    await f.refused(400, () => ask({ options: { no_such_option: 1 } }));
  },
});
