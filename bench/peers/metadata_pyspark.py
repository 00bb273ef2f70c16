"""The same by Pillow and piexif in a Spark of two threads."""

import os
import sys

from metadata_pillow_piexif import Describe
from pyspark.sql import SparkSession

listed, out = sys.argv[1:3]
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.addPyFile(__file__.replace("metadata_pyspark", "metadata_pillow_piexif"))
urls = spark.read.option("header", True).csv(listed).repartition(8)
urls.rdd.map(lambda row: Describe(row["url"])).saveAsTextFile(out)
spark.stop()
