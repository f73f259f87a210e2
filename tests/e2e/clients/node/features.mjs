// As ../features.py, for clients in JavaScript.
export const [address, model] = process.argv.slice(2);

export const hello = [{ role: "user", content: "Say hello." }];
export const extract = [{ role: "user", content: "Jason is 25 years old. Who is it?" }];
export const question = { role: "user", content: "What is the weather in Paris?" };
export const parameters = {
  type: "object",
  properties: { city: { type: "string", maxLength: 12 } },
  required: ["city"],
  additionalProperties: false,
};
export const person = {
  type: "object",
  properties: { name: { type: "string", maxLength: 12 }, age: { type: "integer", minimum: 0, maximum: 120 } },
  required: ["name", "age"],
  additionalProperties: false,
};

export function check(condition, what) {
  if (!condition) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
}

export function checkPerson(text) {
  const { name, age } = JSON.parse(text);
  check(typeof name === "string" && Number.isInteger(age) && age >= 0 && age <= 120, text);
}

export function checkVectors(vectors, count) {
  check(vectors.length === count, "as many vectors as texts");
  for (const vector of vectors)
    check(Math.abs(vector.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-3, "vectors of length 1");
}

async function generations() {
  const text = await (await fetch(address + "/metrics")).text();
  return text.split("\n").filter((line) => /^pincer_engine_(active|queued)\b/.test(line))
    .reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
}

// The server notices that its client left, and frees the place.
export async function checkCancelled() {
  const end = Date.now() + 30000;
  while ((await generations()) > 0) {
    check(Date.now() < end, "the generation goes on after its client left");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function refused(status, call) {
  try {
    await call();
  } catch (error) {
    check((error.status ?? error.status_code) === status, `${status} and not ${error}`);
    return;
  }
  throw new Error(`no error ${status}`);
}

export async function main(client, version, features) {
  const results = {};
  for (const [feature, run] of Object.entries(features)) {
    try {
      await run();
      results[feature] = "yes";
    } catch (error) {
      console.error(error);
      results[feature] = String(error);
    }
  }
  console.log(JSON.stringify({ client, version, results }));
}
