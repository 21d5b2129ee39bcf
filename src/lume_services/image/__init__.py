"""What a container of the image does before its command runs; needs no Prefect."""
