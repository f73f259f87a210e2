import Anthropic from "@anthropic-ai/sdk";
import { VERSION } from "@anthropic-ai/sdk/version";
import * as f from "./features.mjs";

const client = new Anthropic({ baseURL: f.address, apiKey: "none", maxRetries: 0 });
const body = (more) => ({ model: f.model, messages: f.hello, max_tokens: 12, ...more });
const ask = (more) => client.messages.create(body(more));
const tool = { name: "get_weather", description: "The weather of a city.", input_schema: f.parameters };

await f.main("@anthropic-ai/sdk (Node)", VERSION, {
  async chat() {
    const answer = await ask({ system: "You are brief." });
    f.check(answer.content[0].text && answer.usage.output_tokens > 0, answer);
    const counted = await client.messages.countTokens({ model: f.model, system: "You are brief.", messages: f.hello });
    f.check(counted.input_tokens > 0, counted);
  },
  async stream() {
    const stream = client.messages.stream(body());
    const whole = await stream.finalMessage();
    f.check(whole.content[0].text && whole.stop_reason && whole.usage.output_tokens > 0, whole);
  },
  async tools() {
    const answer = await ask({ messages: [f.question], max_tokens: 60, tools: [tool], tool_choice: { type: "tool", name: "get_weather" } });
    const call = answer.content.find((block) => block.type === "tool_use");
    f.check(typeof call.input.city === "string" && answer.stop_reason === "tool_use", answer);
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "sunny" }] };
    await ask({ messages: [f.question, { role: "assistant", content: answer.content }, result], tools: [tool] });
  },
  async "JSON schema"() {
    const answer = await ask({ messages: f.extract, max_tokens: 80, output_config: { format: { type: "json_schema", schema: f.person } } });
    f.checkPerson(answer.content[0].text);
  },
  async cancel() {
    const stream = await ask({ stream: true, max_tokens: 2000 });
    for await (const event of stream) if (event.type === "content_block_delta") break;
    await f.checkCancelled();
  },
  async errors() {
    await f.refused(404, () => ask({ model: "no-such-model" }));
    await f.refused(400, () => ask({ temperature: 9 }));
  },
});
