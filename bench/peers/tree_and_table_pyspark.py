"""Peer: the PNG tree and the table, with numpy, Pillow, PySpark and delta-spark.

One pass: Spark gets the pixels as a DataFrame (over Arrow), a pandas UDF encodes
each image with Pillow, writes the file and returns the bytes, and delta-spark
writes the table. Reading the tree back with Spark's binaryFile source, as most
notebooks do, takes minutes more.
"""

import argparse
import io
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from idx import Load
from PIL import Image


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jars", type=Path, required=True, help="folder with delta-spark's jars")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    tree = arguments.out.resolve() / "flat_files/mnist_png"
    for digit in range(10):
        (tree / str(digit)).mkdir(parents=True, exist_ok=True)
    rows = pd.concat(
        pd.DataFrame(
            {
                "path": [f"{tree}/{label}/{part}-{index:05d}.png" for index, label in enumerate(labels)],
                "pixels": [image.tobytes() for image in images],
                "label": labels.astype(str),
            }
        )
        for part, images, labels in Load(arguments.source)
    )

    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    local = arguments.out.resolve() / "spark"
    spark = (
        SparkSession.builder.master(f"local[{arguments.processes}]")
        .config("spark.jars", ",".join(map(str, sorted(arguments.jars.glob("*.jar")))))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(local))
        .config("spark.sql.warehouse.dir", str(local / "warehouse"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")

    @F.pandas_udf("binary")
    def EncodeAndWrite(paths: pd.Series, pixels: pd.Series) -> pd.Series:
        def One(path: str, content: bytes) -> bytes:
            buffer = io.BytesIO()
            Image.fromarray(np.frombuffer(content, np.uint8).reshape(28, 28)).save(buffer, "PNG")
            with open(path, "wb") as file:
                file.write(buffer.getvalue())
            return buffer.getvalue()

        return pd.Series([One(path, content) for path, content in zip(paths, pixels)])

    (
        spark.createDataFrame(rows, "path string, pixels binary, label string")
        .select(EncodeAndWrite("path", "pixels").alias("image_binary"), "label")
        .write.format("delta")
        .save(str(arguments.out / "artifacts/mnist_images_delta"))
    )
    spark.stop()


if __name__ == "__main__":
    main()
