"""Read or write an Avro file with Apache's own library: avro-python.py read FILE, or write FILE SCHEMA CODEC < records as JSON lines."""
import datetime
import json
import sys

import avro.schema
from avro.datafile import DataFileReader, DataFileWriter
from avro.io import DatumReader, DatumWriter


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin1")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def told(text):
    return datetime.datetime.fromisoformat(text[1:]) if isinstance(text, str) and text.startswith("@") else text


mode, path = sys.argv[1:3]
if mode == "read":
    with DataFileReader(open(path, "rb"), DatumReader()) as reader:
        for record in reader:
            print(json.dumps({key: plain(value) for key, value in record.items()}))
else:
    schema, codec = sys.argv[3:5]
    with DataFileWriter(open(path, "wb"), DatumWriter(), avro.schema.parse(schema), codec=codec) as writer:
        for line in sys.stdin:
            writer.append({key: told(value) for key, value in json.loads(line).items()})
