// How fast the page's workers hash a chosen file, next to what the same module reaches alone with bytes that are in its memory.

/** Measures with the file of weights that is chosen in the page, and returns lines for people. */
export async function measured(page) {
  const { alone, one, two } = await page.evaluate(async () => {
    const module = await WebAssembly.compileStreaming(fetch("openness.wasm"));
    const [file] = Array.from(document.querySelector("#folder").files).filter((file) => file.name === "model.safetensors");
    const code = await (await fetch("hasher.js")).text();
    const own = `
      addEventListener("message", ({ data: { module, count } }) => {
        const page = { read: () => -1, certify: () => -1, certified: () => {}, panicked: () => {} };
        const { input, hash_start, hash_update, hash_finish } = new WebAssembly.Instance(module, { page }).exports;
        const piece = 4 * 1024 * 1024;
        input(piece);
        hash_start();
        for (let at = 0; at < count; at += piece) hash_update(0, piece);
        hash_finish();
        postMessage({ idle: true });
      });`;
    const worker = (text) => new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { type: "module" });
    const ended = (worker) => new Promise((resolve) => worker.addEventListener("message", ({ data }) => data.idle && resolve()));
    const seconds = async (work) => {
      const start = performance.now();
      await work();
      return (performance.now() - start) / 1000;
    };
    const mib = file.size / 1024 / 1024;
    const source = { path: file.name, size: file.size, blob: file };
    const workers = [worker(code), worker(code)];
    workers.forEach((worker) => worker.postMessage({ module }));
    const hash = (worker) => {
      const end = ended(worker);
      worker.postMessage({ jobs: [{ file: 0, source }] });
      return end;
    };
    const best = async (work) => Math.min(await seconds(work), await seconds(work), await seconds(work));
    const baseline = worker(own);
    const alone = await best(() => {
      const end = ended(baseline);
      baseline.postMessage({ module, count: file.size });
      return end;
    });
    const one = await best(() => hash(workers[0]));
    const two = await best(() => Promise.all(workers.map(hash)));
    return { alone: mib / alone, one: mib / one, two: (2 * mib) / two };
  });
  const rate = (rate) => `${Math.round(rate)} MiB/s`;
  return [
    `sha2 alone, in memory: ${rate(alone)}`,
    `one worker, from the file: ${rate(one)}, ratio ${(one / alone).toFixed(2)}`,
    `two workers: ${rate(two)}, ${(two / one).toFixed(2)} times one`,
  ];
}
