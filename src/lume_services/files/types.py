"""The packaged file types."""

from __future__ import annotations

from lume_services.files.file import File
from lume_services.files.results import FileResult
from lume_services.files.serializers.hdf5 import HDF5Serializer
from lume_services.files.serializers.image import ImageSerializer
from lume_services.files.serializers.json import JSONSerializer
from lume_services.files.serializers.numpy import NumpySerializer
from lume_services.files.serializers.openpmd import OpenPMDSerializer
from lume_services.files.serializers.text import TextSerializer
from lume_services.files.serializers.yaml import YAMLSerializer

TextFile = File[TextSerializer]
YAMLFile = File[YAMLSerializer]
JSONFile = File[JSONSerializer]
ImageFile = File[ImageSerializer]
HDF5File = File[HDF5Serializer]
NumpyFile = File[NumpySerializer]
OpenPMDFile = File[OpenPMDSerializer]

TextResult = FileResult[TextSerializer]
HDF5Result = FileResult[HDF5Serializer]
