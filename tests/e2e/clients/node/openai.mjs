import OpenAI from "openai";
import { VERSION } from "openai/version";
import * as f from "./features.mjs";

const client = new OpenAI({ baseURL: f.address + "/v1", apiKey: "none", maxRetries: 0 });
const ask = (more) => client.chat.completions.create({ model: f.model, messages: f.hello, max_tokens: 12, ...more });
const tool = { type: "function", function: { name: "get_weather", description: "The weather of a city.", parameters: f.parameters } };

await f.main("openai (Node)", VERSION, {
  async chat() {
    const answer = await ask();
    f.check(answer.choices[0].message.content && answer.usage.total_tokens > 0, answer);
  },
  async stream() {
    let text = "", usage;
    for await (const chunk of await ask({ stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    f.check(text && usage.total_tokens > 0, text);
  },
  async tools() {
    const answer = await ask({ messages: [f.question], max_tokens: 60, tools: [tool], tool_choice: "required", parallel_tool_calls: false });
    const calls = answer.choices[0].message.tool_calls;
    for (const call of calls) f.check(typeof JSON.parse(call.function.arguments).city === "string", call);
    const results = calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "sunny" }));
    await ask({ messages: [f.question, answer.choices[0].message, ...results], tools: [tool] });
  },
  async "JSON schema"() {
    const format = { type: "json_schema", json_schema: { name: "person", schema: f.person, strict: true } };
    const answer = await ask({ messages: f.extract, max_tokens: 80, response_format: format });
    f.checkPerson(answer.choices[0].message.content);
  },
  async embeddings() {
    const answer = await client.embeddings.create({ model: f.model, input: ["One text.", "Another."], dimensions: 64 });
    f.checkVectors(answer.data.map((item) => item.embedding), 2);
  },
  async cancel() {
    const stream = await ask({ stream: true, max_tokens: 2000 });
    for await (const _ of stream) break;
    await f.checkCancelled();
  },
  async errors() {
    await f.refused(404, () => ask({ model: "no-such-model" }));
    await f.refused(400, () => ask({ temperature: 9 }));
  },
});
