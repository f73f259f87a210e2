// Each phase's kernel, and what it does a second beside what the machine can.
import type { Kernels, KernelUse } from "./api";
import { count, duration, figure, percent } from "./format";
import { PARTS, type Theme } from "./palette";

const NAMES: Record<string, string> = {
  norm_quantize: "norm, quantize",
  qkv: "q, k, v",
  rope_cache: "rope, cache",
  attention: "attention",
  attention_output: "attention output",
  ff_norm_quantize: "norm, quantize (MLP)",
  gate_up: "gate, up",
  activation: "activation",
  down: "down",
  head: "head",
};

function Rate({ value, limit, unit }: { value?: number; limit?: number; unit: string }) {
  if (value === undefined) return <td class="number faint">–</td>;
  const share = limit ? value / limit : 0;
  return (
    <td class="number rate">
      {figure(value)}
      {limit !== undefined && (
        <>
          <span class="share">{percent(share)}</span>
          <span class="bar" role="meter" aria-label={`${unit}, share of the limit`} aria-valuemin={0} aria-valuemax={1} aria-valuenow={Math.min(1, share)}>
            <span style={{ width: `${Math.min(1, share) * 100}%` }} />
          </span>
        </>
      )}
    </td>
  );
}

function Group({ title, uses, data, theme }: { title: string; uses: KernelUse[]; data: Kernels; theme: Theme }) {
  if (uses.length === 0) return null;
  return (
    <tbody>
      <tr class="group">
        <th colSpan={7} scope="rowgroup">
          {title}
        </th>
      </tr>
      {uses.map((use) => (
        <tr key={use.phase}>
          <th scope="row">
            <i style={{ background: PARTS[theme][use.part] }} />
            {NAMES[use.phase] ?? use.phase}
          </th>
          <td class="kernel">{use.kernel || <span class="faint">–</span>}</td>
          <td class="number">{figure(use.rows)}</td>
          <td class="number">{duration(use.ns_per_step)}</td>
          <td class="number">{percent(use.share)}</td>
          <Rate value={use.gmac_s} limit={data.limits?.int8_gmac_s} unit="GMAC/s" />
          <Rate value={use.gb_s} limit={data.limits?.read_gb_s} unit="GB/s" />
        </tr>
      ))}
    </tbody>
  );
}

export function KernelTable({ data, theme }: { data: Kernels | null; theme: Theme }) {
  const limits = data?.limits;
  return (
    <div class="kernels">
      <div class="toolbar">
        <h2>Kernels</h2>
        <span class="muted">
          {limits
            ? `limits of this machine: ${figure(limits.int8_gmac_s)} GMAC/s in INT8, ${figure(limits.read_gb_s)} GB/s read, ${data.threads} threads, ${data.isa}`
            : "the machine's limits are measured as soon as the engine is idle"}
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Kernels">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Kernel</th>
              <th scope="col" class="number">Rows</th>
              <th scope="col" class="number">A step</th>
              <th scope="col" class="number">Share</th>
              <th scope="col" class="number">GMAC/s</th>
              <th scope="col" class="number">GB/s</th>
            </tr>
          </thead>
          {data && (
            <>
              <Group title={`Decoding, ${count(data.decode_steps)} steps`} uses={data.kernels.filter((u) => u.steps === "decode")} data={data} theme={theme} />
              <Group title={`With prompts, ${count(data.prompt_steps)} steps`} uses={data.kernels.filter((u) => u.steps === "prompt")} data={data} theme={theme} />
            </>
          )}
        </table>
        {!data?.kernels.length && <p class="waiting">Nothing was computed since you look.</p>}
      </div>
    </div>
  );
}
