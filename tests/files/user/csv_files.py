"""The published example of a user's own file type, with its two faults mended."""

# ruff: noqa: PERF402, PTH123

from __future__ import annotations

import csv

from lume.serializers.base import SerializerBase

from lume_services.files import File


class CSVSerializer(SerializerBase):
    # serialize a csv with data represented as list of list w/ fields as first element
    def serialize(self, filename, data: list[list]):
        # writing to csv file
        with open(filename, "w") as csvfile:
            # creating a csv writer object
            csvwriter = csv.writer(csvfile)
            # writing the fields
            csvwriter.writerow(data[0])
            # writing the data rows
            csvwriter.writerows(data[1:])

    @classmethod
    def deserialize(cls, filename):
        data = []
        # opening the CSV file
        with open(filename) as file:
            # reading the CSV file
            csv_file = csv.reader(file)
            for line in csv_file:
                data.append(line)
        return data


CSVFile = File[CSVSerializer]
