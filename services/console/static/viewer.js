// A picture with regions over it: zooming by changing the view box, lighting regions by drawing a veil around them.

const STEP = 1.4;
const MOST = 40;

export class Viewer {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg.canvas");
    this.veil = root.querySelector(".veil");
    this.readout = root.querySelector(".zoom");
    this.pointers = new Map();
    this.resize(Number(this.svg.dataset.width), Number(this.svg.dataset.height));
    this.listen();
  }

  /** The picture has this many pixels from now on; the whole of it is shown. */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.svg.dataset.width = width;
    this.svg.dataset.height = height;
    this.fit();
  }

  fit() { this.show(0, 0, this.width); }

  /** Show the picture from (x, y) on, `width` of its pixels wide, as far as there are any. */
  show(x, y, width) {
    const wide = Math.min(this.width, Math.max(this.width / MOST, width));
    const high = wide * this.height / this.width;
    this.view = {
      x: Math.min(Math.max(0, x), this.width - wide),
      y: Math.min(Math.max(0, y), this.height - high),
      width: wide,
      height: high,
    };
    this.svg.setAttribute("viewBox", `${this.view.x} ${this.view.y} ${wide} ${high}`);
    this.readout.textContent = `${Math.round(100 * this.width / wide)}%`;
    this.measure();
  }

  /** Tell the style sheet how many of the picture's pixels a pixel of the screen is, so that names keep their size. */
  measure() {
    const box = this.svg.getBoundingClientRect();
    if (!box.width) return;
    const scale = Math.min(box.width / this.view.width, box.height / this.view.height);
    this.svg.style.setProperty("--u", String(1 / scale));
  }

  /** Zoom so that the point (x, y) of the picture stays where it is. */
  zoom(factor, x = this.view.x + this.view.width / 2, y = this.view.y + this.view.height / 2) {
    const wide = Math.min(this.width, Math.max(this.width / MOST, this.view.width / factor));
    const ratio = wide / this.view.width;
    this.show(x - (x - this.view.x) * ratio, y - (y - this.view.y) * ratio, wide);
  }

  pan(dx, dy) { this.show(this.view.x + dx, this.view.y + dy, this.view.width); }

  /** Bring these regions close, with their surroundings. */
  zoomTo(regions) {
    const boxes = regions.map(boxOf);
    if (!boxes.length) return this.fit();
    const [left, top] = [0, 1].map((at) => Math.min(...boxes.map((box) => box[at])));
    const [right, bottom] = [2, 3].map((at) => Math.max(...boxes.map((box) => box[at])));
    const wide = Math.max((right - left) * 4, (bottom - top) * 4 * this.width / this.height, this.width / 12);
    const high = wide * this.height / this.width;
    this.show((left + right) / 2 - wide / 2, (top + bottom) / 2 - high / 2, wide);
  }

  regions(wanted) { return [...this.svg.querySelectorAll(".region")].filter(wanted); }

  /** Light these regions and dim the rest; none lights everything. */
  light(regions) {
    for (const region of this.regions(() => true)) region.classList.toggle("lit", regions.includes(region));
    this.root.classList.toggle("focusing", regions.length > 0);
    const frame = `M0 0H${this.width}V${this.height}H0Z`;
    const holes = regions.map((region) => {
      const [left, top, right, bottom] = boxOf(region);
      const room = Math.min(right - left, bottom - top) * 0.25;
      return `M${left - room} ${top - room}V${bottom + room}H${right + room}V${top - room}Z`;
    });
    if (regions.length) this.veil.setAttribute("d", frame + holes.join(""));
  }

  /** Where on the picture an event happened. */
  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  listen() {
    new ResizeObserver(() => this.measure()).observe(this.svg);
    this.svg.addEventListener("wheel", (event) => {
      // Without Ctrl the wheel scrolls the page, unless the picture has the focus: nobody is to get stuck on it.
      if (!event.ctrlKey && document.activeElement !== this.svg) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), ...this.at(event));
    }, { passive: false });
    this.svg.addEventListener("dblclick", (event) => this.zoom(2, ...this.at(event)));
    this.svg.addEventListener("pointerdown", (event) => {
      this.svg.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, event);
      this.svg.classList.add("dragging");
    });
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.svg.addEventListener(name, (event) => {
        this.pointers.delete(event.pointerId);
        if (!this.pointers.size) this.svg.classList.remove("dragging");
      });
    }
    this.svg.addEventListener("keydown", (event) => this.key(event));
    for (const button of this.root.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.press(button.dataset.zoom));
    }
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (this.pointers.size === 1) {
      const [x0, y0] = this.at(before);
      const [x1, y1] = this.at(event);
      this.pan(x0 - x1, y0 - y1);
    } else if (this.pointers.size === 2) {
      const other = [...this.pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
      const apart = (pointer) => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY);
      this.zoom(apart(event) / Math.max(1, apart(before)), ...this.at(other));
    }
    this.pointers.set(event.pointerId, event);
  }

  press(what) {
    if (what === "in") this.zoom(STEP);
    else if (what === "out") this.zoom(1 / STEP);
    else this.fit();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = this.view.width / 8;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key] && this.view.width < this.width) {
      event.preventDefault();
      this.pan(...moves[event.key]);
    }
  }
}

function boxOf(region) { return region.dataset.box.split(" ").map(Number); }

/** Keys that zoom from anywhere on the page, for the viewer that it is about. */
export function zoomKey(viewer, key) {
  if (key === "+" || key === "=") viewer.press("in");
  else if (key === "-") viewer.press("out");
  else if (key === "0") viewer.press("fit");
  else return false;
  return true;
}
