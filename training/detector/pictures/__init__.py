"""What the detector learns from: labelled photos, pictures made of them, and every cell's target.

samples           photos with face boxes
landmark_teacher  landmarks where labels have none
hard_negatives    what a detector takes for a face where no face is
drawings          pictures without a face
augment           one training picture out of photos
ground_truth      the faces of one picture
targets           what every cell of the network should say about them
"""
