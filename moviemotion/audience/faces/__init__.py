"""From frames to readings of faces that are assigned to viewers.

In the order of the data:

- `registry`: choose the face detector and the emotion model by name or file, or add others.
- `detect`: the built-in face detector, the `FaceBox` it finds, and the crop of a face.
- `face_scheduler`: decide where in which frame to search, since most frames need no complete search.
- `tracking`: join faces to tracks, and tracks to viewers, by position.
- `identity_switches`: detect that two viewers have changed places, from position and clothing.
- `quality`: weigh each face by size, blur, light, pose and occlusion, or reject it.
- `emotion_model`: emotion models in ONNX files, among them the one that is shipped.
- `face_readings`: all of that for the faces of some frames, and for single images.
- `onnx_session`, `weights_fingerprint`: load and identify the networks' files.

The networks themselves are in `models`, with the card of the shipped emotion model.
"""
