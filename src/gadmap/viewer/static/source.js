"use strict";
// Where the page's data come from: the server that made it, or what is embedded in this file.

async function openSource() {
  const embedded = document.getElementById("embedded");
  return embedded ? embeddedSource(JSON.parse(embedded.textContent)) : serverSource();
}

async function serverSource() {
  const fetched = async (path, options) => {
    const answer = await fetch(path, options);
    if (!answer.ok) throw new Error((await answer.text()) || `${path}: ${answer.status}`);
    return answer;
  };
  const json = async (path, options) => (await fetched(path, options)).json();
  const bytes = async (path) => (await fetched(path)).arrayBuffer();
  return {
    page: await json("page.json"),
    hasFrames: true,
    takesRegions: true,
    anatomy: () => bytes("anatomy.nii"),
    frame: (n) => bytes(`frame/${n}.nii`),
    map: (e, name, error) => bytes(`${error ? "error" : "map"}/${e}/${name}.nii`),
    voxel: (v) => json(`voxel/${v.join("/")}.json`),
    weights: (e, z) => json(`weights/${e}/${z}.json`),
    region: (mask) => json("region", { method: "POST", body: mask }),
  };
}

async function embeddedSource(data) {
  const unpacked = async (text) => {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  };
  const volumes = Object.fromEntries(
    await Promise.all(Object.entries(data.volumes).map(async ([k, v]) => [k, await unpacked(v)])),
  );
  const image = async (n) => unrolled(await sheetOf(data.images.sheets[n]), data.images, volumes["reason/0"], data.page.grid);
  const key = (e, name, error) => `${error ? "error" : "map"}/${e}/${name}`;
  return {
    page: data.page,
    hasFrames: data.images.sheets.length > 1,
    takesRegions: false,
    fixedRegion: data.region,
    fixedMask: volumes.region ? niftiSamples(volumes.region) : null,
    rule: data.rule,
    curves: Object.keys(data.voxels).map((text) => text.split(",").map(Number)),
    anatomy: () => image(0),
    frame: image,
    map: async (e, name, error) => volumes[key(e, name, error)].slice(0),
    voxel: async (v) =>
      data.voxels[v.join(",")] || mapsAlone(data, volumes, key, flatIndex(v, data.page.grid), v),
    weights: async (e, z) => data.weights[`${e}/${z}`] || { why: "" },
  };
}

// The pixels of an image of all slices.
async function sheetOf(text) {
  const image = new Image();
  image.src = `data:image/webp;base64,${text}`;
  await image.decode();
  const canvas = make("canvas", { width: image.width, height: image.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

// That volume as a NIfTI file like another on the grid.
function unrolled({ data: pixels, width }, { white, columns }, like, [nx, ny, nz]) {
  const file = like.slice(0);
  const samples = niftiSamples(file);
  let at = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      const start = (Math.floor(z / columns) * ny + y) * width + (z % columns) * nx;
      for (let x = 0; x < nx; x++) samples[at++] = (white / 255) * pixels[4 * (start + x)];
    }
  return file;
}

function flatIndex([x, y, z], [nx, ny]) {
  return x + nx * (y + ny * z);
}

// What an exported page can tell of a voxel whose curve it does not hold.
function mapsAlone(data, volumes, key, at, voxel) {
  const value = (name) => (volumes[name] ? niftiSamples(volumes[name])[at] : null);
  const finite = (v) => (v === null || Number.isNaN(v) ? null : v);
  const estimates = data.page.estimates.map((estimate, e) => {
    const code = value(`reason/${e}`);
    const parameters = Object.fromEntries(
      Object.keys(estimate.maps).map((name) => [
        name,
        { value: finite(value(key(e, name, false))), error: finite(value(key(e, name, true))) },
      ]),
    );
    const said = data.reasons[code];
    return { parameters, reason: said.sentence, estimated: said.estimated, careful: said.careful, curve: null, note: "" };
  });
  return { voxel, kind: "elsewhere", curve: null, why: data.rule, estimates };
}

// Samples of an uncompressed float32 NIfTI file, as gadmap writes them.
function niftiSamples(buffer) {
  return new Float32Array(buffer, new DataView(buffer).getFloat32(108, true));
}
