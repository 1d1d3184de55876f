"""XMP packets: RDF as programs spell it, the vocabularies for faces, and merging into them."""
