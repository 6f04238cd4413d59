#!/usr/bin/env python3
"""Holds the event files of a run to what TensorBoard's own reader finds in them.

usage: scripts/check_tensorboard.py RUN                   RUN: a run folder, finished
       scripts/check_tensorboard.py RUN --browser FOLDER  and looks at it in Chromium, with screenshots in FOLDER

Needs tensorboard (with setuptools < 81) from PyPI, and playwright with a Chromium in PATH for --browser.

- Scalars have the steps and values of metrics.csv, of a run that was resumed too.
- Pictures are PNGs of the size that is said; histograms count every weight of last.safetensors; nodes of the
  graph have the inputs they name and the parameters of the weights; settings are those of config.ini.
- --browser: TensorBoard shows something of each kind, in its dashboards.
"""
import argparse
import configparser
import csv
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

TAGS = {
    "loss": "loss/total", "loss_x": "loss/labelled", "loss_u": "loss/unlabelled",
    "lambda_u": "schedule/lambda_u", "lr": "schedule/lr", "images_per_s": "speed/images_per_s",
    "test_loss": "test/loss", "test_acc": "test/accuracy", "test_f1": "test/f1",
    "test_acc_raw": "test/accuracy_raw", "guess_confidence": "guess/confidence",
    "guess_accuracy": "guess/accuracy", "guess_balance": "guess/balance",
}
# Each dashboard of TensorBoard, and what it must show: texts, and an element (CSS).
DASHBOARDS = {
    "scalars": (("guess/accuracy", "loss/total"), "vz-line-chart2 path"),
    "images": (("pictures/labelled",), "tf-image-loader img"),
    "distributions": (("tag: weights/",), "vz-distribution-chart path"),
    "histograms": (("tag: weights/",), "vz-histogram-timeseries path"),
    "graphs": (("conv1", "fc"), "tf-graph-scene g.node"),
    "hparams": (("test/accuracy", "optimizer.lr"), "tf-hparams-table-view vaadin-grid"),
}
PORT = 16006


def need(truth, what):
    if not truth:
        sys.exit(f"FAILED: {what}")


def read_events(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    everything = dict.fromkeys(("scalars", "images", "histograms", "tensors"), 0)
    events = EventAccumulator(str(run), size_guidance=everything)
    events.Reload()
    return events


def check_scalars(run, events):
    """-> how many numbers agree"""
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    points = 0
    for column, tag in TAGS.items():
        expected = [(int(row["step"]), float(row[column])) for row in rows if row[column]]
        found = [(event.step, event.value) for event in events.Scalars(tag)] if expected else []
        need([step for step, _ in found] == [step for step, _ in expected], f"steps of {tag} and of {column}")
        for (step, value), (_, number) in zip(found, expected):
            # metrics.csv has one digit of the rate after the point and nine digits of all else, events have floats.
            same = abs(value - number) <= (0.06 if column == "images_per_s" else 1.2e-7 * abs(number))
            need(same, f"{tag} at step {step} is {value}, metrics.csv has {number}")
        points += len(found)
    extra = set(events.Tags()["scalars"]) - set(TAGS.values())
    need(not extra, f"scalars that metrics.csv does not know: {extra}")
    return points


def check_images(events, mixmatch):
    """-> sizes of the pictures"""
    names = ["pictures/labelled"] + (["pictures/views", "pictures/mixed"] if mixmatch else [])
    need(events.Tags()["images"] == names, f"pictures are {events.Tags()['images']}, not {names}")
    sizes = []
    for name in names:
        (image,) = events.Images(name)
        png = image.encoded_image_string
        need(png[:8] == b"\x89PNG\r\n\x1a\n" and png[-8:-4] == b"IEND", f"{name} is no PNG")
        need(struct.unpack(">II", png[16:24]) == (image.width, image.height), f"the size of {name}")
        sizes.append(f"{image.width} x {image.height}")
    return sizes


def weight_shapes(run):
    """-> {name: shape} of convolutions and linear layers"""
    with open(run / "last.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return {name: tensor["shape"] for name, tensor in header.items()
            if name != "__metadata__" and len(tensor["shape"]) in (2, 4)}


def check_histograms(run, events):
    """-> how many there are"""
    shapes = weight_shapes(run)
    tags = events.Tags()["histograms"]
    need(sorted(tags) == sorted(f"weights/{name}" for name in shapes), f"histograms are {tags}")
    count = 0
    for name, shape in shapes.items():
        found = events.Histograms(f"weights/{name}")
        steps = [event.step for event in found]
        need(steps == sorted(set(steps)) and len(steps) > 1, f"steps of weights/{name}: {steps}")
        for event in found:
            histogram = event.histogram_value
            limits = list(histogram.bucket_limit)
            need(histogram.num == math.prod(shape) == sum(histogram.bucket), f"the total of weights/{name}")
            need(limits == sorted(limits), f"the buckets of weights/{name}")
            need(histogram.min <= histogram.sum / histogram.num <= histogram.max, f"the mean of weights/{name}")
        count += len(found)
    return count


def check_graph(run, events):
    """-> how many nodes"""
    nodes = {node.name: node for node in events.Graph().node}
    for node in nodes.values():
        need(all(name in nodes for name in node.input), f"an input of node {node.name} is no node")
        need(node.input or node.op == "Placeholder", f"node {node.name} has no input")
        need(len(node.attr["_output_shapes"].list.shape[0].dim) == 4, f"the shape of node {node.name}")
    for name, shape in weight_shapes(run).items():
        module = name.rsplit(".", 1)[0].replace(".", "/")
        need(module in nodes, f"{name} has no node")
        need(nodes[module].attr["parameters"].i >= math.prod(shape), f"the parameters of node {module}")
    return len(nodes)


def check_hparams(run, events):
    """-> how many settings agree"""
    from tensorboard.plugins.hparams import metadata

    def content(tag):
        need(tag in events.summary_metadata, f"there is no {tag}")
        return events.summary_metadata[tag].plugin_data.content

    config = configparser.ConfigParser(inline_comment_prefixes=(";", "#"), interpolation=None)
    config.read(run / "config.ini")
    settings = metadata.parse_session_start_info_plugin_data(content(metadata.SESSION_START_INFO_TAG)).hparams
    for name, value in settings.items():
        text = config.get(*name.split("."))
        kind = value.WhichOneof("kind")
        same = {"number_value": lambda: value.number_value == float(text),
                "bool_value": lambda: value.bool_value == (text in ("true", "yes", "on", "1")),
                "string_value": lambda: value.string_value == text}[kind]()
        need(same, f"setting {name} is {value}, config.ini has {text}")
    experiment = metadata.parse_experiment_plugin_data(content(metadata.EXPERIMENT_TAG))
    need({info.name for info in experiment.hparam_infos} == set(settings), "the settings that are described")
    metrics = [info.name.tag for info in experiment.metric_infos]
    need("test/accuracy" in metrics, f"the metrics are {metrics}")
    end = metadata.parse_session_end_info_plugin_data(content(metadata.SESSION_END_INFO_TAG))
    need(end.status == 1, "the run has not ended well")
    return len(settings)


# The browser: imported where it is needed, so that the rest works without it


def wait_for_server(url):
    for _ in range(120):
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            time.sleep(0.5)
    sys.exit("FAILED: TensorBoard does not answer")


def look_at(page, url, dashboard, folder):
    """Waits until a dashboard shows what it must; what is missing fails. Playwright sees through shadow roots."""
    from playwright.sync_api import Error

    texts, element = DASHBOARDS[dashboard]
    page.goto(f"{url}#{dashboard}")
    page.reload()
    missing = None
    try:
        for text in texts:
            missing = f"'{text}'"
            page.get_by_text(text).first.wait_for(state="attached", timeout=20000)
        missing = element
        page.locator(element).first.wait_for(state="attached", timeout=20000)
        missing = None
    except Error:
        pass
    page.wait_for_timeout(2000)  # for what is drawn late
    page.screenshot(path=folder / f"{dashboard}.png")
    need(not missing, f"{dashboard} shows no {missing}: see {folder}/{dashboard}.png")


def check_browser(run, folder):
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(chromium, "there is no chromium in PATH")
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://localhost:{PORT}/"
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", run.resolve().parent, "--port", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(url)
        with sync_playwright() as playwright:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            for dashboard in DASHBOARDS:
                look_at(page, url, dashboard, folder)
                print(f"ok      TensorBoard shows {dashboard}", flush=True)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--browser", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    need((args.run / "metrics.csv").exists(), f"'{args.run}' is no run folder")
    mixmatch = json.loads((args.run / "run.json").read_text())["method"] == "mixmatch"
    events = read_events(args.run)
    print(f"ok      {check_scalars(args.run, events)} scalars as in metrics.csv")
    print(f"ok      pictures of {', '.join(check_images(events, mixmatch))}")
    print(f"ok      {check_histograms(args.run, events)} histograms of all weights")
    print(f"ok      a graph of {check_graph(args.run, events)} nodes")
    print(f"ok      {check_hparams(args.run, events)} settings as in config.ini")
    if args.browser:
        check_browser(args.run, args.browser)


if __name__ == "__main__":
    main()
